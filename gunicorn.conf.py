"""Read by gunicorn by itself when it is started in this folder: its lines take the same way as those of the application."""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from core import logs

logconfig_dict = logs.configuration()
logging.captureWarnings(True)
