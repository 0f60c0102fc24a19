# Sourced by tests/demo and tests/run-all: packages, a copy of the source tree,
# a build of it. Everything of ours is below $work, which the trap removes.
# shellcheck shell=sh

say()
{
	printf '\n== %s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

policy=/usr/sbin/policy-rc.d
policy_made=
work=

cleanup()
{
	trap - EXIT HUP INT TERM
	test -z "$policy_made" || rm -f "$policy"
	test -z "$work" || rm -rf "$work"
}

prepare()
{
	test "$(id -u)" = 0 || die "run it as root: Dovecot must be started by root"
	work=$(mktemp -d "${TMPDIR:-/tmp}/referral-work.XXXXXX")
	trap cleanup EXIT
	trap 'cleanup; exit 130' HUP INT TERM
}

missing_packages()
{
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null |
			grep -q '^.i' || printf '%s ' "$package"
	done
}

# The servers of these packages must not be started, nor restarted if they
# already run: Debian's maintainer scripts ask policy-rc.d.
forbid_services()
{
	test ! -e "$policy" || return 0
	policy_made=yes
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

install_packages()
{
	if ! command -v apt-get >/dev/null; then
		echo "No apt-get here: the packages that Debian calls" "$@" \
			"are taken to be installed."
		return 0
	fi
	missing=$(missing_packages "$@")
	test -n "$missing" || return 0
	say "Installing: $missing"
	forbid_services
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq </dev/null ||
		echo "apt-get update failed: trying with the old lists" >&2
	# shellcheck disable=SC2086 # a list
	apt-get install -qq -y --no-install-recommends $missing </dev/null \
		>"$work/apt.log" 2>&1 ||
		{ cat "$work/apt.log" >&2; die "apt-get install failed"; }
	test -z "$policy_made" || rm -f "$policy"
	policy_made=
}

# The tree may be read-only, or hold a build for another Dovecot.
copy_source()
{
	mkdir "$work/source"
	files="$work/files"
	if ! git -c safe.directory='*' -C "$1" ls-files -z --cached --others \
		--exclude-standard >"$files" 2>/dev/null; then
		(cd "$1" && find . \( -name .libs -o -name .deps -o \
			-name autom4te.cache \) -prune -o -type f \
			! -name '*.o' ! -name '*.l[ao]' ! -name '*.log' \
			! -name '*.trs' ! -name config.status \
			-print0) >"$files"
	fi
	tar -C "$1" --null --ignore-failed-read -T "$files" -cf - 2>/dev/null |
		tar -C "$work/source" -xf -
}

# Run Debian's pytest with tests side by side where xdist is installed. They
# mostly wait: so REFERRAL_TEST_JOBS, by default twice the processors.
run_pytest()
{
	if /usr/bin/python3 -c "import xdist" 2>/dev/null; then
		set -- -n "${REFERRAL_TEST_JOBS:-$(($(nproc) * 2))}" \
			--dist loadgroup "$@"
	fi
	PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider "$@"
}

# Build what copy_source copied: "build CONFIGURE-ARGUMENT..."
# shellcheck disable=SC2120
build()
{
	mkdir "$work/build"
	(
		set -e
		cd "$work/source"
		./autogen.sh
		cd "$work/build"
		../source/configure "$@"
		make -j"$(nproc)"
	) >"$work/build.log" 2>&1 ||
		{ tail -n 60 "$work/build.log" >&2; return 1; }
}
