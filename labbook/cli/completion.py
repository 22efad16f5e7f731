"""`labbook completion`: the script that teaches a shell labbook's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
      bash   labbook completion bash > ~/.local/share/bash-completion/completions/labbook
      zsh    labbook completion zsh > "${fpath[1]}/_labbook"
      fish   labbook completion fish > ~/.config/fish/completions/labbook.fish
    """
    maker = get_completion_class(shell)
    root = ctx.find_root()
    assert maker is not None  # noqa: S101  click knows the three
    click.echo(maker(root.command, {}, "labbook", "_LABBOOK_COMPLETE").source())
