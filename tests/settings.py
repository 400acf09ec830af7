"""The hub's settings for tests: nothing of the environment, a data folder of its own, thrown away at the end."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from hub.env import SETTINGS

_database = os.environ.get("HUB_TEST_DATABASE_URL", "")
_data = tempfile.mkdtemp(prefix="hub-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)

for _setting in SETTINGS:
    os.environ[_setting.name] = ""
os.environ["HUB_DATA_DIR"] = _data
os.environ["HUB_DATABASE_URL"] = _database
os.environ["HUB_ALLOWED_NETWORKS"] = "127.0.0.0/8"  # where the tests' receivers listen
os.environ["HUB_BROKER_URL"] = os.environ.get("HUB_TEST_BROKER_URL", "")

from hub.settings import *  # noqa: E402, F403 - the environment had to be set first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests log in often and protect nothing
HUB_EMBEDDED_ODOO = Path(_data) / "odoo.sqlite3"
