"""The colours of series, the same in the terminal and in images."""

# Okabe and Ito's, chosen to be told apart with any colour vision
# (https://jfly.uni-koeln.de/color/), brought to a middle lightness so that each has a
# contrast of 3 or more on black and on white. The last two are for the seventh series on.
COLOURS = ("#2f8fd0", "#d07b00", "#00a278", "#c46fa0", "#e0603a", "#8a8a8a", "#9a8c00", "#6f7fd8")
