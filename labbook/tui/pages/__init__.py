"""The pages: one module and one stylesheet each."""
