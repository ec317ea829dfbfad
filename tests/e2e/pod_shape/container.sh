# container.sh ROOT PID_FILE USER GROUP EXTRA_GROUPS [SOURCE:TARGET:ro|rw]... -- COMMAND...
#
# Runs the command as a container runtime would: in mount, process and IPC namespaces of its own, with an own root
# file system that holds Debian's /usr read-only, /proc of its own processes, a small /dev, an empty /tmp, the volumes
# and nothing else; as that user, with no capability and none to be had. The network is the pod's, as it is in a pod.
#
# The file gets the process's id as the machine sees it, for signals. To be started by unshare, see pod.py.
set -eu
root=$1 pid_file=$2 user=$3 group=$4 extra_groups=$5
shift 5
read -r pid _ </proc/self/stat  # of the machine's /proc: our own number for ourselves is 1
echo "$pid" >"$pid_file"

mount -t tmpfs -o mode=0755 container "$root"
mkdir -p "$root/usr" "$root/proc" "$root/dev" "$root/tmp" "$root/etc" "$root/.host"
chmod 1777 "$root/tmp"
for name in bin lib lib64 sbin; do
  [ ! -L "/$name" ] || ln -s "usr/$name" "$root/$name"
done
mount --rbind /usr "$root/usr"
mount -o remount,bind,ro "$root/usr"
for device in null zero urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
while [ "$1" != -- ]; do
  source=${1%%:*} rest=${1#*:}
  target=${rest%%:*} mode=${rest#*:}
  if [ -d "$source" ]; then mkdir -p "$root/$target"; else
    mkdir -p "$root/$(dirname "$target")" && : >"$root/$target"
  fi
  mount --bind "$source" "$root/$target"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$root/$target"
  shift
done
shift
mount -t proc proc "$root/proc"
cd "$root"
pivot_root . .host
umount -n -l /.host
rmdir /.host
rm -rf /run/mount  # umount's notes
mount -n -o remount,ro /
exec setpriv --reuid="$user" --regid="$group" --groups="$extra_groups" --bounding-set=-all --inh-caps=-all \
  --no-new-privs --pdeathsig=KILL -- "$@"
