"""Text as people write it: sanitising, Markdown, and phrases for days."""
