# Sourced by the scripts here: makes a Python with the packages of requirements.txt below MLAB_HOME, once; `$python` is it.
home="${MLAB_HOME:-$(cd ../.. && pwd)/.mlab}/compat/onnx"
python="$home/bin/python"
[ -x "$python" ] || "${PYTHON:-python3.11}" -m venv "$home"
"$python" -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
