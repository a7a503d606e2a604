# What happens on the machine, in order; sourced by run, which has the words.
# shellcheck shell=bash disable=SC2154

billing=billing@practice.example operator=it@practice.example
setup() {
    inside coverd ${file+--config "$file"} setup --practice 'Elm Street PT' --recipient "$billing" --operator "$operator" --mail-host "${server-mail.practice.example}" \
        --mail-user coverd@practice.example --from coverd@practice.example --time-zone America/New_York --password-file "$@"
}
wait_for_state() { [ "$(stat -c "%a %U:%G" "$1" 2>/dev/null)" = "$2" ] || { stat -c "%a %U:%G" "$1"; return 1; }; }
mode() { local found; found=$(inside stat -c '%a %U:%G' "$1"); [ "$found" = "$2" ] || { echo "$1 is $found, not $2"; return 1; }; }
user_version() { python3 - "$root/var/lib/coverd/coverd.db" "$@" <<'PY'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
if len(sys.argv) > 2:
    database.executescript(f"PRAGMA user_version = {int(sys.argv[2])}")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
print(database.execute("PRAGMA user_version").fetchone()[0])
PY
}
# The database as the version before welcome messages left it: without that purpose, and with the version of then.
older_database() { python3 - "$root/var/lib/coverd/coverd.db" "$here/../../migrations" <<'PY'
import pathlib, re, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
text = (pathlib.Path(sys.argv[2]) / "0004_letters.sql").read_text()
table = re.search(r"CREATE TABLE deliveries_with_letters \(.*?\) STRICT;", text, re.S).group().replace("deliveries_with_letters", "before")
indexes = "".join(re.findall(r"CREATE INDEX deliveries_.*?;\n", text, re.S))
database.executescript(
    "PRAGMA foreign_keys = 0; BEGIN; DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE purpose = 'welcome');"
    "DELETE FROM deliveries WHERE purpose = 'welcome';" + table + "INSERT INTO before SELECT * FROM deliveries; DROP TABLE deliveries;"
    "ALTER TABLE before RENAME TO deliveries;" + indexes + "PRAGMA user_version = 6; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
)
print(database.execute("PRAGMA user_version").fetchone()[0])
PY
}
runs() { is ActiveState active; }
pending() { says '^[1-9]' bash -c "$(declare -f inside); leader=$leader; inside coverd outbox --state pending --format csv | tail -n +2 | wc -l"; }
owned() { chown --reference="$root/var/lib/coverd" "$root"/var/lib/coverd/coverd.db*; }

echo "-- the package"
ok "it installs" inside apt-get install -y -q /pkg/coverd.deb
ok "it does not start without a configuration" is ActiveState inactive
ok "nor at the next boot" says disabled inside systemctl is-enabled coverd
ok "the configuration is root's to write and the service's to read" mode /etc/coverd/coverd.toml '640 root:coverd'
ok "the folder of the store is the service's" mode /var/lib/coverd '750 coverd:coverd'
ok "the manual, the completions and the list of parts are there" inside sh -c 'test -e /usr/share/man/man1/coverd-setup.1.gz -o -e /etc/dpkg/dpkg.cfg.d/excludes && test -s /usr/share/bash-completion/completions/coverd && test -s /usr/share/zsh/vendor-completions/_coverd && test -s /usr/share/fish/vendor_completions.d/coverd.fish && test -s /usr/share/doc/coverd/sbom.cdx.json'
ok "the unit verifies" inside systemd-analyze verify --man=no /usr/lib/systemd/system/coverd.service
ok "its exposure is at most 1.1" inside systemd-analyze security --no-pager --offline=true --threshold=11 /usr/lib/systemd/system/coverd.service
ok "doctor says what is missing" says 'fetch.contact' inside coverd doctor

echo "-- setup, as a stranger would"
printf 'wrong\n' >"$root/srv/wrong"
printf 's3cret of the test\n' >"$root/srv/password"
ok "a wrong password is found out at once" says 'WRONG mail: login.*535' setup /srv/wrong
ok "and nothing is written" no grep -q '^contact' "$root/etc/coverd/coverd.toml"
ok "a recipient that the server does not take is named" says 'WRONG mail: to nosuch@practice.example.*550' setup /srv/password --recipient nosuch@practice.example
server=nosuch.practice.example
ok "a name that does not exist is told from a port" says 'WRONG mail: name' setup /srv/password
unset server
ok "a closed port is told from a name" says 'WRONG mail: port' setup /srv/password --mail-port 588
by_place() { local file=/srv/by-place/coverd.toml; setup /srv/password "$@"; }
ok "a ZIP code in several localities is not guessed at" says '94501 lies in several' by_place --zip 94501
ok "nor one that CMS does not know" says 'no ZIP code 99999' by_place --zip 99999
ok "a ZIP code finds the locality, in CMS's file" by_place --zip 94110
ok "and it is written" inside grep -q 'localities = \["01112-05"\]' /srv/by-place/coverd.toml
rm -rf "$root/srv/by-place"
start=$SECONDS
ok "with the right answers it writes, and starts the service" says 'coverd runs' setup /srv/password
ok "the service runs" runs
ok "and will at the next boot" says '^enabled' inside systemctl is-enabled coverd
ok "the password is root's alone" mode /etc/coverd/smtp-password '600 root:root'
ok "who is told about changes is welcomed" sooner_or_later 600 arrived "$billing" '^Subject: .*watching 20560' 1
ok "and who is told about trouble" sooner_or_later 120 arrived "$operator" '^Subject: .*watching 20560' 1
echo "      $((SECONDS - start)) s after setup began"
ok "the welcome has an answer for each code" arrived "$billing" '^(  )?[-*•]? ?20561: ' 1
ok "a configuration that says something is not written over" says 'says something already' setup /srv/password

echo "-- the sandbox"
mkdir -p "$root/etc/systemd/system/coverd.service.d"
printf '[Service]\nExecStartPre=/usr/bin/coverd-probe\nWatchdogSec=10s\nRestartSec=1s\n' >"$root/etc/systemd/system/coverd.service.d/test.conf"
# From here on only what the hosts of the test have is read, and without rests.
python3 - "$root/etc/coverd/coverd.toml" <<'PY'
import pathlib, sys
path = pathlib.Path(sys.argv[1])
text = path.read_text().replace("[fetch]\n", "[fetch]\nmin_interval_seconds = 1\n")
for name in "federal_register pfs_rules therapy transmittals opps ncci nca".split():
    text += f"[sources.{name}]\nenabled = false\n"
path.write_text(text)
PY
inside systemctl daemon-reload
ok "the service restarts with probes in its sandbox" inside systemctl restart coverd
probes=$(logged '^probe ')
free=$(inside coverd-probe)
# What the container forbids by itself proves nothing; that is little.
while IFS= read -r line; do
    what=${line#probe }
    what=${what%%: *}
    ok "denied in the sandbox, allowed outside: $what" says "^probe $what: denied" echo "$probes"
done < <(grep ': ALLOWED' <<<"$free")
ok "of 18 probes at least 13 are allowed outside" test "$(grep -c ': ALLOWED' <<<"$free")" -ge 13
grep -v ': ALLOWED' <<<"$free" | sed 's/^/      not provable here: /'
ok "it runs as coverd without a capability, under a filter" says 'CapEff:.0{16}' inside sh -c "grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/\$(systemctl show coverd -p MainPID --value)/status"
ok "no core file" says '0 +0' inside sh -c "grep 'Max core file size' /proc/\$(systemctl show coverd -p MainPID --value)/limits"
ok "the password is in no argument and no variable" no inside sh -c "cat /proc/\$(systemctl show coverd -p MainPID --value)/cmdline /proc/\$(systemctl show coverd -p MainPID --value)/environ | grep -a 's3cret'"

echo "-- CMS changes a code"
publish
ok "the running service looks when it is asked" inside coverd check pfs
ok "the mail arrives" sooner_or_later 120 arrived "$billing" '^Subject: .*20560' 2
ok "coverd changes shows it" says '20560.*(0\.32|0\.39)' inside coverd changes
inside useradd --create-home reader
inside usermod --append --groups coverd reader
ok "so does a member of the group see it" says '20560' inside runuser -u reader -- coverd changes
ok "and nobody else" no inside runuser -u nobody -- coverd changes
ok "the member sees documents, too" inside runuser -u reader -- sh -c 'coverd show "$(coverd changes --format csv | sed -n "2s/,.*//p")"'
inside systemctl stop coverd
ok "also while the service does not run" says '20560' inside runuser -u reader -- coverd changes
ok "root does not write into the store of the service" says 'belongs to another user' inside coverd check
inside systemctl start coverd
ok "it runs again" sooner_or_later 60 runs
ok "the journal has the fields" says '"COVERD_SOURCE_ID" ?: ?"pfs"' inside journalctl -u coverd -o json --no-pager
ok "addresses are masked in it" no logged "$billing"
ok "nor is the password in it" no logged 's3cret'
ok "systemctl status says how it stands" says 'pfs: read .*outbox' property StatusText
ok "doctor finds the mail path well" says '^ok +mail: to billing@practice.example' inside coverd doctor
ok "health speaks to Nagios" says '^COVERD (OK|WARNING|CRITICAL) - .* \| blind=' inside coverd health --nagios

echo "-- killed, hanging"
inside systemctl kill -s KILL coverd
ok "killed, it comes back" sooner_or_later 60 is NRestarts 1
ok "and runs" sooner_or_later 60 runs
inside systemctl kill -s STOP coverd
ok "stopped dead, the watchdog ends it and it comes back" sooner_or_later 120 is NRestarts 2
ok "the journal says so" logged 'Watchdog timeout'
ok "it runs again" sooner_or_later 60 runs

echo "-- the mail server is down, the machine crashes"
mail_server stop
publish
ok "a change is found meanwhile" says 'pfs: .* 1 alerts' inside coverd check pfs
ok "its message waits" sooner_or_later 60 pending
crash
boot
ok "after the crash of the machine the service is back" sooner_or_later 60 runs
ok "nothing in the store is damaged" inside coverd db check
mail_server start
ok "the message arrives" sooner_or_later 420 arrived "$billing" '^Subject: .*20560' 3
ok "once" arrived "$billing" '^Subject: .*20560' 3

echo "-- upgrade in mid-delivery, from an older database"
mail_server stop
publish
ok "a change is found" says 'pfs: .* 1 alerts' inside coverd check pfs
ok "its message waits" sooner_or_later 60 pending
inside systemctl stop coverd
ok "the database is as the last version left it" says '^6$' older_database
owned
before=$(property MainPID)
ok "the newer package installs" inside apt-get install -y -q -o Dpkg::Options::=--force-confold /pkg/newer.deb
inside systemctl start coverd
ok "the service runs" sooner_or_later 60 runs
ok "the database was carried forward" says "^$(ls "$here"/../../migrations | wc -l)\$" user_version
mail_server start
ok "the message arrives" sooner_or_later 420 arrived "$billing" '^Subject: .*20560' 4
ok "nobody is welcomed twice" arrived "$billing" '^Subject: .*watching 20560' 1
ok "the configuration stands" grep -q 'Elm Street PT' "$root/etc/coverd/coverd.toml"
before=$(property MainPID)
ok "installed again, the running service is restarted" inside apt-get install -y -q --reinstall /pkg/newer.deb
ok "it is another process" no is MainPID "$before"
ok "it runs" runs

echo "-- downgrade, remove, purge"
inside systemctl stop coverd
user_version 99 >/dev/null
owned
ok "an older package refuses a newer database" says 'made by a newer coverd' inside apt-get install -y -q --allow-downgrades /pkg/coverd.deb
ok "and so does an older program" says 'newer' inside coverd status
ok "the newer package is still there" says '0\.1\.0-2' inside dpkg-query -W coverd
user_version "$(ls "$here"/../../migrations | wc -l)" >/dev/null
owned
ok "with a database that it knows it goes back" inside apt-get install -y -q --allow-downgrades /pkg/coverd.deb
inside systemctl start coverd
ok "and runs" runs
ok "it is removed" inside apt-get remove -y -q coverd
ok "and does not run" is ActiveState inactive
ok "what it knew stays" test -s "$root/var/lib/coverd/coverd.db"
rm -r "$root/etc/systemd/system/coverd.service.d"
ok "it is purged" inside apt-get purge -y -q coverd
left=$(inside find / -xdev -name '*coverd*' -not -path '/pkg/*' -not -path '/proc/*' -not -name 'coverd-probe' -not -path '/var/log/*' -not -path '/var/lib/dpkg/*' -not -path '/var/cache/*' 2>/dev/null)
ok "nothing is left" test -z "$left"
[ -z "$left" ] || echo "$left"
ok "no user either" no inside getent passwd coverd
