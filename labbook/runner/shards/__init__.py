"""One run whose work several workers share: its worker gives out the pieces and goes through
what they come to, in order. Importing this package imports nothing.
"""
