"""The search for a candidate on a device, with the bits that NumPy sends."""
