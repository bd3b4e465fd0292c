#!/bin/sh
# Boots a systemd as PID 1 of namespaces of its own, with the units of a folder and no others: systemd.sh FOLDER [INIT]
# Tells its control group, which is to be removed when it has ended.
# Nothing that it does to files reaches this machine: /run and the folders of its state are new, /tmp is a layer over what is
# there, in which the folder alone is the real one, and /etc and the settings of the kernel cannot be written to.
set -e
group=/sys/fs/cgroup
[ -e "$group/cgroup.procs" ] || group=$group/unified
group=$group/dsta-run-test-$$
mkdir "$group"
echo "$group"
echo $$ >"$group/cgroup.procs"
exec unshare --cgroup --mount --pid --fork --uts --ipc --mount-proc --kill-child sh -ec '
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work /run/lock /run/folder
mount --bind "$1" /run/folder
mount -t overlay overlay -o lowerdir=/tmp,upperdir=/run/upper,workdir=/run/work /tmp
chmod 1777 /tmp
mount --bind /run/folder "$1"
for folder in /var/tmp /var/log /var/lib/systemd; do mount -t tmpfs tmpfs "$folder"; done
for folder in /etc /proc/sys; do
	mount --bind "$folder" "$folder"
	mount -o remount,bind,ro "$folder"
done
umount --recursive --lazy /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Only among the namespaces in here: systemd mounts the credentials of a unit from another one.
mount --make-rshared /
exec env -i PATH="$PATH" container=test SYSTEMD_UNIT_PATH="$1" "${2:-/lib/systemd/systemd}" --unit=test.target
' sh "$@"
