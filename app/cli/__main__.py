"""`python -m app.cli`: the command line where no script is installed, as in the container."""

from app.cli.main import main

main()
