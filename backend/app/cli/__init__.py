"""The command line `stackalpha`: starts everything, or one process, and the operator's verbs."""


def main() -> None:
    """Entry point of the console script."""
    from app.cli.commands import run

    run()
