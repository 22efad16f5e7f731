"""Figures as text: crisp at any width of 30 columns or more, in any terminal.

Why not a library. plotext 6.1 was tried on the figures of the built-in experiments. Its
braille lines are as fine as these, but its ticks divide the axis into equal parts (6.8,
46.4, 316.2 on a logarithmic one), an error bar on a logarithmic axis is lost, its legend
covers the data, series differ by colour alone, and there is one figure for the whole
process, which threads would share. It draws three curves of 1,000 points in 58 ms (here
19 ms), and its import alone takes 0.15 s. textual-plot has the round ticks, but neither
logarithmic axes nor a life outside a Textual app.
"""

from labbook.report.textplot.plot import Plot, draw

__all__ = ["Plot", "draw"]
