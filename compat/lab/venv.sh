# Sourced by the scripts here: makes .venv with the packages of requirements.txt, once.
if [ ! -x .venv/bin/python ]; then
  "${PYTHON:-python3.11}" -c 'import sys; assert (3, 11) <= sys.version_info < (3, 13), "set PYTHON to a Python 3.11 or 3.12"'
  "${PYTHON:-python3.11}" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
