"""Texts that try to act where they should only be shown."""

from __future__ import annotations

TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b]52;c;ZXZpbA==\x07clipboard",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]0;title\x1b\\",
    "\x1bPq#0~~\x1b\\sixel",
    "\x9b31m\x9dosc\x9c",
    "\x1bc\x1b[2J\x1b[H",
    "user\u202egnp.exe",
    "NUL\x00 and BEL\x07 and DEL\x7f",
    "[@click=app.bell]click[/]",
    "[link=https://evil.example]l[/link]",
    "[/]",
    "[bold]b",
)

PAGE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<iframe src='https://evil.example'></iframe>",
    "<style>body{display:none}</style>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv='refresh' content='0;url=https://evil.example'>",
    "<form action='https://evil.example'><input name=x></form>",
    "<a href='javascript:alert(1)'>a</a>",
    "[a](javascript:alert(1))",
    "[a](  JaVaScRiPt:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x) [b](file:///etc/passwd) [c](../../secret)",
    "<javascript:alert(1)>",
    "[a][r]\n\n[r]: javascript:alert(1)",
    "![i](https://evil.example/i.png)",
    "![i](data:image/svg+xml;base64,PHN2Zy8+)",
    "[![i](https://evil.example/i.png)](https://example.org)",
    "</style></title></textarea></script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    '`<b>` \\`<i>\\` ``<u>`` <b title="`">',
    "```\n<script>alert(1)</script>\n",
    "-->\n<!-- <script>alert(1)</script>",
    "a | b\n--|--\n<script>x</script> | y",
    "> <img src=x onerror=alert(1)>\n\n- <b onclick=x>",
)

ALL = TERMINAL + PAGE
