#!/usr/bin/env bash
# A real Exim on 192.0.2.1 as mail.practice.example: STARTTLS and AUTH on 587, into a Maildir.
#
#   tests/systemd/exim.sh fetch                  once, where there is a network
#   tests/systemd/exim.sh start|stop FOLDER      FOLDER has host.pem and host.key; it gets mail/ (the Maildir) and log/
#
# Exim runs from an unpacked package: it needs no mail server installed here, and disturbs none.
set -euo pipefail
do=$1 folder=${2-} cache=${COVERD_TEST_CACHE:-/var/cache/coverd-tests}/exim

stop() {
    local pid
    [ -f "$folder/exim.pid" ] || return 0
    pid=$(cat "$folder/exim.pid")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = exim4 ]; then
        # With the conversations under way, which are processes of their own.
        pkill -TERM -f "exim4 -C $folder/exim.conf" || true
        while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
    fi
}
if [ "$do" = stop ]; then
    stop
    exit
fi
if [ "$do" = fetch ]; then
    [ ! -x "$cache/usr/sbin/exim4" ] || exit 0
    mkdir -p "$cache.new"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends libgnutls-dane0 libidn12 libpcre2-8-0 libdb5.3 >/dev/null
    (cd "$cache.new" && apt-get -o APT::Sandbox::User=root download -qq exim4-daemon-light && dpkg-deb -x exim4-daemon-light_*.deb . && rm -f ./*.deb)
    rm -rf "$cache"
    mv "$cache.new" "$cache"
    exit
fi
# A name that is compiled in.
id Debian-exim >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin Debian-exim
stop
mkdir -p "$folder"/{spool,log,mail/new,mail/cur,mail/tmp}
cat >"$folder/exim.conf" <<EOF
primary_hostname = mail.practice.example
exim_path = $cache/usr/sbin/exim4
spool_directory = $folder/spool
log_file_path = $folder/log/%slog
pid_file_path = $folder/exim.pid
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
daemon_smtp_ports = 587
local_interfaces = 192.0.2.1
tls_certificate = $folder/host.pem
tls_privatekey = $folder/host.key
tls_advertise_hosts = *
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_queue_per_connection = 0
keep_environment =
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
begin acl
acl_mail:
  deny   message = 5.7.0 Must issue a STARTTLS command first
         ! encrypted = *
  deny   message = 5.7.1 authentication required
         ! authenticated = *
  accept
acl_rcpt:
  deny  message = 5.7.1 Relay access denied
        ! domains = practice.example
  deny  message = 5.1.1 no such user
        local_parts = nosuch
  accept
acl_data:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = $folder/mail
  maildir_format
  envelope_to_add
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{coverd@practice.example}}{eq{\$auth3}{s3cret of the test}}}}
  server_set_id = \$auth2
EOF
chown -R Debian-exim: "$folder"/{spool,log,mail} "$folder"/host.{pem,key}
chown root: "$folder/exim.conf"
chmod 755 "$folder"
"$cache/usr/sbin/exim4" -C "$folder/exim.conf" -bd </dev/null >"$folder/exim.start" 2>&1
for _ in $(seq 200); do
    if (exec 3<>/dev/tcp/192.0.2.1/587) 2>/dev/null; then exit; fi
    sleep 0.05
done
echo "Exim does not listen:" >&2
cat "$folder/exim.start" "$folder"/log/* >&2
exit 1
