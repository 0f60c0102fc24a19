# Debian suites as folders to chroot into. Sourced by tests/matrix/run and
# tests/package/run; needs root, debootstrap and unshare.
#
# A chroot appears under its name when it is complete and not before. Mounts
# and processes live in namespaces that end with the command, so that nothing
# is left over even if the script is killed.
# shellcheck shell=sh

: "${REFERRAL_CHROOTS:=${XDG_CACHE_HOME:-/var/cache}/dovecot-login-referral}"
: "${REFERRAL_MIRROR:=http://deb.debian.org/debian}"
: "${REFERRAL_SECURITY_MIRROR:=http://deb.debian.org/debian-security}"

chroot_child=
chroot_new=
# when all has to be over, as `date +%s`; 0: never
chroot_deadline=0

# Print why no chroot can be made here; returns 1 if one can.
chroot_unable()
{
	if [ "$(id -u)" -ne 0 ]; then
		echo "chroots need root"
	elif ! command -v debootstrap >/dev/null; then
		echo "debootstrap is not installed"
	elif ! unshare --mount --pid --net --uts --fork true 2>/dev/null; then
		echo "no right to make namespaces (unshare)"
	else
		return 1
	fi
}

# Call this first: it keeps other runs off the same chroots, and cleans up when
# the caller ends, for whatever reason.
chroot_start()
{
	mkdir -p "$REFERRAL_CHROOTS/log"
	exec 9>"$REFERRAL_CHROOTS/lock"
	flock -n 9 || {
		echo "waiting for another run in $REFERRAL_CHROOTS"
		flock 9
	}
	trap chroot_cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

chroot_cleanup()
{
	# KILL, since unshare ignores the polite signals. The kernel ends the
	# whole PID namespace with it.
	[ -z "$chroot_child" ] || kill -KILL "$chroot_child" 2>/dev/null
	[ -z "$chroot_child" ] || wait "$chroot_child" 2>/dev/null
	chroot_child=
	[ -z "$chroot_new" ] || rm -rf --one-file-system "$chroot_new"
	chroot_new=
}

# In the background, since a trap has to wait for what runs in front.
chroot_wait()
{
	"$@" &
	chroot_child=$!
	chroot_status=0
	wait "$chroot_child" || chroot_status=$?
	chroot_child=
	[ "$chroot_status" -ne 124 ] || echo "out of time" >&2
	return "$chroot_status"
}

# The seconds left, as timeout(1) wants them; at least one.
chroot_left()
{
	if [ "$chroot_deadline" -eq 0 ]; then
		echo 0
	elif [ "$chroot_deadline" -le "$(date +%s)" ]; then
		echo 1
	else
		echo $((chroot_deadline - $(date +%s)))
	fi
}

# chroot_run SECONDS NET ROOT COMMAND...: run it in ROOT for at most SECONDS
# (0: for ever; exit status 124 says that time ran out). NET is "online", or
# "offline" for a network of its own where all ports are free.
# The outer shell makes the network and host name and becomes the inner one,
# process 1, which has to reap what daemons leave behind.
chroot_run()
{
	chroot_secs=$1 chroot_net=$2 chroot_root=$3
	shift 3
	chroot_flags=
	[ "$chroot_net" = online ] || chroot_flags="--net --uts"
	# shellcheck disable=SC2016,SC2086
	chroot_wait unshare --mount --pid --fork --kill-child $chroot_flags \
		sh -ec '
		net=$1 root=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount -t devpts -o ptmxmode=666 devpts "$root/dev/pts"
		if [ "$net" = offline ]; then
			ip link set lo up
			hostname "$(cat "$root/etc/hostname")"
		fi
		exec chroot "$root" /usr/bin/env -i \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			${http_proxy:+http_proxy="$http_proxy"} \
			/bin/sh -c '\''timeout -k 10 "$@" & wait $!'\'' sh "$@"
		' sh "$chroot_net" "$chroot_root" "$chroot_secs" "$@"
}

chroot_apt()
{
	chroot_apt_root=$1
	shift
	# The mirror may be a snapshot, and a test machine's clock wrong.
	chroot_run "$(chroot_left)" online "$chroot_apt_root" apt-get -qy \
		-o Acquire::Check-Valid-Until=false \
		-o Acquire::Check-Date=false -o Acquire::Retries=3 \
		-o APT::Install-Recommends=false "$@"
}

# Begin $REFERRAL_CHROOTS/NAME under another name; chroot_finish gives it its
# own.
chroot_begin()
{
	chroot_new="$REFERRAL_CHROOTS/$1.new"
	rm -rf --one-file-system "$chroot_new"
}

chroot_finish()
{
	rm -rf --one-file-system "${chroot_new%.new}"
	mv "$chroot_new" "${chroot_new%.new}"
	chroot_new=
}

chroot_sources()
{
	chroot_release=$1
	echo "deb $REFERRAL_MIRROR $chroot_release main"
	[ "$chroot_release" != testing ] || return 0
	echo "deb $REFERRAL_MIRROR $chroot_release-updates main"
	echo "deb $REFERRAL_SECURITY_MIRROR $chroot_release-security main"
	[ "$2" = "$chroot_release" ] || echo "deb $REFERRAL_MIRROR $2 main"
}

# chroot_bootstrap SUITE: a minimal system $REFERRAL_CHROOTS/SUITE-base, made
# once. Returns non-zero, with the cause on stderr, if it can't be made.
chroot_bootstrap()
{
	chroot_suite=$1
	chroot_release=${chroot_suite%-backports}
	[ ! -d "$REFERRAL_CHROOTS/$chroot_suite-base" ] || return 0

	chroot_script=
	[ -e "/usr/share/debootstrap/scripts/$chroot_release" ] ||
		chroot_script=/usr/share/debootstrap/scripts/sid
	chroot_begin "$chroot_suite-base"
	chroot_wait unshare --mount --pid --fork --kill-child --mount-proc \
		timeout -k 10 "$(chroot_left)" debootstrap --variant=minbase --include=ca-certificates \
		"$chroot_release" "$chroot_new" "$REFERRAL_MIRROR" \
		$chroot_script || return 1

	chroot_sources "$chroot_release" "$chroot_suite" \
		>"$chroot_new/etc/apt/sources.list"
	# Nothing that is installed may start a daemon.
	printf '#!/bin/sh\nexit 101\n' >"$chroot_new/usr/sbin/policy-rc.d"
	chmod 755 "$chroot_new/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$chroot_new/etc/resolv.conf"
	echo front >"$chroot_new/etc/hostname"
	printf '%s\n' "127.0.0.1 localhost" "::1 localhost" \
		"127.0.1.1 front.example.com front" >"$chroot_new/etc/hosts"
	# Commits to disk are a waste of time here.
	echo force-unsafe-io >"$chroot_new/etc/dpkg/dpkg.cfg.d/unsafe-io"
	chroot_apt "$chroot_new" update && \
		chroot_apt "$chroot_new" dist-upgrade && \
		chroot_apt "$chroot_new" clean || return 1
	chroot_finish
}

# chroot_prepare SUITE NAME PACKAGES: $REFERRAL_CHROOTS/SUITE-NAME, the minimal
# system with these packages; from the suite itself where it is a backports
# suite. It is made anew when the list has changed.
chroot_prepare()
{
	chroot_suite=$1 chroot_name=$1-$2 chroot_packages=$3
	if [ "$(cat "$REFERRAL_CHROOTS/$chroot_name/.packages" 2>/dev/null)" \
	   = "$chroot_packages" ]; then
		return 0
	fi
	chroot_bootstrap "$chroot_suite" || return 1

	chroot_begin "$chroot_name"
	cp -a --reflink=auto "$REFERRAL_CHROOTS/$chroot_suite-base" \
		"$chroot_new" || return 1
	chroot_target=
	[ "$chroot_suite" = "${chroot_suite%-backports}" ] ||
		chroot_target="-t $chroot_suite"
	# shellcheck disable=SC2086
	chroot_apt "$chroot_new" update && \
		chroot_apt "$chroot_new" $chroot_target install \
			$chroot_packages && \
		chroot_apt "$chroot_new" clean || return 1
	echo "$chroot_packages" >"$chroot_new/.packages"
	chroot_finish
}

# chroot_scratch SUITE-NAME: a throw-away copy to change at will; its path is
# in $chroot_new, and chroot_cleanup removes it.
chroot_scratch()
{
	chroot_begin "$1-scratch"
	cp -a --reflink=auto "$REFERRAL_CHROOTS/$1" "$chroot_new"
}

# chroot_source SRCDIR DEST: the source as it is in the work tree, edited and
# new files included, what is built left out.
chroot_source()
{
	mkdir -p "$2" || return 1
	if [ -e "$1/.git" ]; then
		# a listed file may be deleted in the work tree
		git -c safe.directory='*' -C "$1" ls-files -z -co \
			--exclude-standard |
			tar -c -C "$1" --null -T - --ignore-failed-read |
			tar -x -C "$2"
	else
		# an unpacked release
		tar -c -C "$1" . | tar -x -C "$2"
	fi
}
