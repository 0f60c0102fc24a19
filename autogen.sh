#!/bin/sh
# Make configure and the Makefile.in files from configure.ac and Makefile.am.
set -e
cd "$(dirname "$0")"

fail()
{
	echo "autogen.sh: $1" >&2
	echo "  Debian: apt-get install autoconf automake libtool pkg-config" \
		"dovecot-dev libldap-dev" >&2
	echo "  Fedora: dnf install autoconf automake libtool pkgconf-pkg-config" \
		"dovecot-devel openldap-devel" >&2
	exit 1
}

for tool in autoreconf automake libtoolize; do
	command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing"
done

found=
for dir in "$(aclocal --print-ac-dir)" /usr/share/aclocal \
	/usr/local/share/aclocal ${ACLOCAL_PATH:+$(echo "$ACLOCAL_PATH" | tr : ' ')}
do
	test -f "$dir/dovecot.m4" && found=yes
done
test -n "$found" || fail "dovecot.m4 (Dovecot's development headers) is missing"

exec autoreconf -i -W no-obsolete
