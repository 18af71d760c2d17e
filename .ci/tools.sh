# shellcheck shell=bash
# What the scripts here share. Each sources it first, and is then in the root of the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CI=true PIP_NO_INPUT=1 SAM_CLI_TELEMETRY=0
# Nothing here has a use for an account: no script may find one by chance.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true

# Where tools are kept from one run to the next.
tools="${CI_TOOLS:-$HOME/.cache/associate-virtual-interface-tools}"
python="$(command -v python3)"

# python_tools NAME REQUIREMENT...: puts the programs of these Python packages on the PATH, from an environment of that
# name, installed once.
python_tools() {
  local place="$tools/$1" wanted
  shift
  wanted="$("$python" --version) $*"
  if [[ "$(cat "$place/complete" 2>/dev/null)" != "$wanted" ]]; then
    echo "installing $* into $place"
    rm -rf "$place"
    mkdir -p "$tools"
    # Debian's Python makes environments with pip only where python3-venv is installed.
    if "$python" -c "import ensurepip" 2>/dev/null; then
      "$python" -m venv "$place"
      "$place/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    else
      "$python" -m venv --without-pip "$place"
      "$python" -m pip --python "$place/bin/python" install --quiet --disable-pip-version-check "$@"
    fi
    echo "$wanted" >"$place/complete"
  fi
  PATH="$place/bin:$PATH"
}

# What a script starts in the background, and where it keeps its notes; both end with it.
started=()
scratch=
tidy() {
  local status=$? child
  for child in "${started[@]}"; do
    # The whole process group, where the child leads one: what it started ends with it.
    kill -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  done
  if [[ -n "$scratch" ]]; then
    if ((status != 0)); then
      tail -n 40 -v "$scratch"/*.log >&2 2>/dev/null || true
    fi
    rm -rf "$scratch"
  fi
}
trap tidy EXIT
# A signal to this script is one to all that it started.
trap 'exit 130' INT
trap 'exit 143' TERM

# background NAME COMMAND...: starts it in a process group of its own, with its output in $scratch/NAME.log.
background() {
  local name=$1
  shift
  scratch="${scratch:-$(mktemp -d)}"
  : >"$scratch/$name.log" # now, not when the child gets to it: whoever waits for a line must not find an older one
  setsid "$@" </dev/null >>"$scratch/$name.log" 2>&1 &
  started+=("$!")
}

# until_true SECONDS COMMAND...: repeats the command until it succeeds, or fails after that time.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      echo "waited in vain for: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}

# start_simulator OPTION...: runs dx-sim on a free port, and sets `simulator` to its URL.
start_simulator() {
  cargo build --quiet --locked --package dx-sim
  background dx-sim "${CARGO_TARGET_DIR:-target}/debug/dx-sim" --port 0 "$@"
  until_true 10 grep -q '^listening on http://' "$scratch/dx-sim.log"
  simulator="$(sed -n '1s/^listening on //p' "$scratch/dx-sim.log")"
  [[ -n "$simulator" ]] || fail "the simulator's first line names no URL: $(head -n1 "$scratch/dx-sim.log")"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# A port of loopback that nobody listens on just now.
free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
