#!/usr/bin/env python
"""Django's command line for the hub."""

import os
import sys

from hub.commandline import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    main(sys.argv)
