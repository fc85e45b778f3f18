#!/bin/sh
':' //; set -f
':' /*
# The command for a shell and for node: a shell runs what follows; to node it is a comment.
#
# Where a snapshot of the compiler was made (src/cli/snapshot), node starts with that, else as ever. Node ends with an error at
# one that is damaged or not its own. So a snapshot counts only if it is the user's own, of this package and of the first node in PATH,
# and was tried since the machine booted and since the snapshot, node and the folder that holds node were changed last.
bin='@BIN@'
id='@ID@'

# Only its files are wanted of node, not its options, and no certificates, which take node longer to read than a program to compile.
if [ -n "$NODE_EXTRA_CA_CERTS" ]; then
	export BPFCC_TS_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"
	unset NODE_EXTRA_CA_CERTS
fi
case $1 in
'' | *[!a-z]*) plain=1 ;;
*) plain= ;;
esac
if [ -n "$plain" ] && [ -z "$NODE_OPTIONS$NODE_DISABLE_COMPILE_CACHE" ] && [ "$0" -ef "$bin" ]; then
	joined() {
		IFS=/
		set -- $1
		IFS=%
		name="$id$*"
	}
	IFS=:
	for folder in $PATH; do
		[ -x "$folder/node" ] && [ ! -d "$folder/node" ] && break
	done
	joined "$folder/node"
	unset IFS
	export BPFCC_TS_SNAPSHOT="$name"
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/bpfcc-ts/snapshots
	blob=$cache/$name.blob
	trial=$cache/$name.boot
	boot=/proc/sys/kernel/random/boot_id
	if [ -O "$cache" ] && [ -O "$blob" ] && [ -O "$trial" ] && [ -r $boot ] &&
		[ "$trial" -nt "$blob" ] && [ "$trial" -nt "$folder/node" ] && [ "$trial" -nt "$folder" ]; then
		read -r now < $boot
		read -r tried flags < "$trial"
		if [ "$now" = "$tried" ]; then
			# The C library's memory in large pages: a third less page faults while node reads the snapshot.
			[ -z "$GLIBC_TUNABLES" ] && export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
			exec "$folder/node" $flags --snapshot-blob "$blob" -- "$0" "$@"
		fi
	fi
fi
exec node "$0" "$@"
*/
require('../dist/launch.cjs');
