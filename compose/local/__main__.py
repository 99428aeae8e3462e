import sys

from compose.local.cli import main

sys.exit(main(sys.argv[1:]))
