# Runs one command of an agent and carries its directory and exported variables on to the next.
# The command is in the file $1; what is carried lies in the directory $2.
_phaseline_state=$2
_phaseline_leave() {
  [[ -n ${_phaseline_left-} ]] && return
  _phaseline_left=1
  builtin pwd >"$_phaseline_state/directory"
  builtin export -p >"$_phaseline_state/environment"
  local process stat name
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    [[ $process == 1 || $process == "$$" ]] && continue
    { read -r stat <"/proc/$process/stat"; } 2>/dev/null || continue
    case ${stat##*) } in [ZX]*) continue ;; esac
    name=${stat#*(}
    printf '%s\n' "${name%)*}" >>"$_phaseline_state/ended"
  done
}
builtin printf '' >"$_phaseline_state/ended"
if [[ -f $_phaseline_state/environment ]]; then
  for _phaseline_name in $(compgen -e); do unset "$_phaseline_name" 2>/dev/null; done
  unset _phaseline_name
  . "$_phaseline_state/environment" 2>/dev/null
fi
{ cd -- "$(<"$_phaseline_state/directory")"; } 2>/dev/null || cd /workspace
trap _phaseline_leave EXIT
. "$1"
_phaseline_code=$?
_phaseline_leave
exit "$_phaseline_code"
