# Runs a command that cannot outlive its owner: guard.sh FOLDER COMMAND [ARGUMENT...]
#
# The owner holds the other end of this script's standard input. Only a process that is alive can hold a pipe open,
# so the end of that input means that the owner is gone, however it went; then the command is killed and FOLDER, if
# not empty, is removed. The command replaces this shell and so keeps its process id: the owner may signal and await
# it as its own child. On the pipe the owner may say "ended" (the command has, its id may belong to another by now)
# and "released" (leave everything as it is).
set -u
folder=$1
shift
exec 3<&0
{
  command=$$
  while read -r word <&3; do
    case $word in
    ended) command= ;;
    released) exit ;;
    esac
  done
  # A killed process may still be writing for a moment. Once it has no program left it only waits to be noticed by
  # its parent, which can take long and matters to nobody.
  [ -z "$command" ] || kill -KILL "$command"
  while [ -n "$command" ] && [ -e "/proc/$command/exe" ]; do sleep 0.1; done
  [ -z "$folder" ] || rm -rf "$folder"
} >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
