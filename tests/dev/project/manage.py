"""Django's door of the small project that the tests of ./dev start."""

import sys

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
