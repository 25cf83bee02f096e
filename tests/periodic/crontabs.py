"""Crontabs in the style of public documentation and of servers, with what becomes of each of their lines.

HOST stands for a server. An expectation is `fields zone: METHOD target, METHOD target` for a line that is taken over, and
else a part of the reason.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Crontab:
    """A crontab as bytes, and what is expected of its lines, in order."""

    raw: bytes
    expected: tuple[str, ...]
    has_users: bool = False


def crontab(text: str, *expected: str, has_users: bool = False, encoding: str = "utf-8") -> Crontab:
    return Crontab(text.encode(encoding), expected, has_users)


CRONTABS = {
    "healthchecks": crontab(
        r"""# run the backup, ping when it went well
8 6 * * * /home/user/backup.sh && curl -fsS -m 10 --retry 5 -o /dev/null http://HOST/5bf66975-d4c7
8 6 * * * /home/user/backup.sh; curl -fsS -m 10 --retry 5 http://HOST/5bf66975-d4c7/$?
0 1 * * * m=$(/usr/bin/certbot renew 2>&1); curl -fsS -m 10 --retry 5 --data-raw "$m" http://HOST/5bf66975/$?
0 2 * * * RID=`uuidgen` && curl -fsS -m 10 --retry 5 -o /dev/null "http://HOST/5bf66975/start?rid=$RID" && /x.sh
*/5 * * * * curl -fsS -m 10 --retry 5 -o /dev/null http://HOST/5bf66975-d4c7
@hourly wget http://HOST/5bf66975-d4c7 -T 10 -t 5 -O /dev/null
0 3 * * 1 curl -fsS -m 10 --retry 5 --data-raw "everything is \"fine\", 100\%" http://HOST/5bf66975/log
0 4 * * * runitor -uuid 5bf66975-d4c7 -- restic backup /home
""",
        'it runs "/home/user/backup.sh"',
        'it runs "/home/user/backup.sh"',
        "it sends what another program prints (/usr/bin/certbot)",
        'it runs "/x.sh"',
        "*/5 * * * * UTC: GET /5bf66975-d4c7",
        "0 * * * * UTC: GET /5bf66975-d4c7",
        "0 3 * * 1 UTC: POST /5bf66975/log",
        '"runitor" is not curl or wget',
    ),
    "ntfy": crontab(
        r"""PATH=/usr/local/bin:/usr/bin:/bin
NTFY="http://HOST/mytopic"
0 9 * * 1-5 curl -d "Stand-up in 10 minutes 😀" $NTFY
30 17 * * fri curl -H "Title: Weekend" -H "Priority: urgent" -H "Tags: tada,skull" -d "Time to go home" ${NTFY}
0 8 1 * * curl -H prio:low -H tags:white_check_mark -d 'Rent is due' HOST/rent >/dev/null 2>&1
0 0 * * * curl -u phil:mypass -d "Look ma, with auth" http://HOST/secrets
15 0 * * * curl -T /var/log/syslog -H "Filename: syslog.txt" $NTFY
0 0 * * 0 rsync -a /data /mnt && curl -d "Offsite backup successful" $NTFY || curl -H prio:high -d "failed" $NTFY
0 12 * * * curl -H "Authorization: Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2" -d "Hi" $NTFY/private
""",
        "0 9 * * 1-5 UTC: POST /mytopic",
        "30 17 * * fri UTC: POST /mytopic",
        "0 8 1 * * UTC: POST /rent",
        "0 0 * * * UTC: POST /secrets",
        "-T has no equivalent in a step: it sends a file",
        'it runs "rsync"',
        "0 12 * * * UTC: POST /mytopic/private",
    ),
    "uptime kuma": crontab(
        """# push monitors
* * * * * curl -fsS "http://HOST/api/push/kMx1?status=up&msg=OK&ping=" > /dev/null 2>&1
*/2 * * * * wget -q --spider "http://HOST/api/push/kMx2?status=up&msg=OK&ping="
*/3 * * * * curl -s http://HOST/api/push/a -o /dev/null && curl -s http://HOST/api/push/b -o /dev/null
*/4 * * * * curl -fs http://HOST/broken && curl -fs "http://HOST/push?status=up" || curl -fs "http://HOST/push?status=down"
*/4 * * * * curl -fs http://HOST/well && curl -fs "http://HOST/push?status=up" || curl -fs "http://HOST/push?status=down"
*/5 * * * * ping -c1 8.8.8.8 > /dev/null && curl -fsS "http://HOST/api/push/p?status=up"
*/6 * * * * df -h / | awk '{print $5}' | curl -d @- http://HOST/disk
""",
        "* * * * * UTC: GET /api/push/kMx1?status=up&msg=OK&ping=",
        "*/2 * * * * UTC: HEAD /api/push/kMx2?status=up&msg=OK&ping=",
        "*/3 * * * * UTC: GET /api/push/a, GET /api/push/b",
        "*/4 * * * * UTC: GET /broken, GET /push?status=down",
        "*/4 * * * * UTC: GET /well, GET /push?status=up",
        'it runs "ping"',
        "what it prints goes to another program (awk)",
    ),
    "debian /etc/crontab": crontab(
        """# /etc/crontab: system-wide crontab
# Unlike any other crontab you don't have to run the `crontab'
SHELL=/bin/sh
# You can also override PATH, but by default, newer versions inherit it from the environment
#PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# Example of job definition:
# .---------------- minute (0 - 59)
# *  *  *  *  * user-name command to be executed
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.weekly )
#
40 6\t* * 7\twww-data\tcurl -s http://HOST/weekly
""",
        '"run-parts" is not curl',
        '"run-parts" is not curl',
        '"run-parts" is not curl',
        "40 6 * * 7 UTC: GET /weekly",
        has_users=True,
    ),
    "debian cron.d": crontab(
        """# /etc/cron.d/php: purges session files
09,39 *     * * *     root   [ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/x ]; then /usr/lib/php/sessionclean; fi
57 0 * * 0 root if [ -x /usr/share/mdadm/checkarray ] && [ $(date +\\%d) -le 7 ]; then /usr/share/mdadm/checkarray; fi
@daily root /usr/bin/curl --silent --show-error --fail http://HOST/daily
@reboot root curl http://HOST/boot
""",
        '"/usr/lib/php/sessionclean" is not curl',
        '"/usr/share/mdadm/checkarray" is not curl',
        "0 0 * * * UTC: GET /daily",
        "@reboot is when the machine starts",
        has_users=True,
    ),
    "user column forgotten": crontab(
        """0 5 * * * root curl http://HOST/a
0 5 * * * www-data /usr/bin/wget -qO- http://HOST/b
17 * * * * root cd / && run-parts x
""",
        "add --system",
        "add --system",
        "add --system",
    ),
    "system without users": crontab(
        "0 5 * * * curl http://HOST/a\n@daily /usr/local/bin/x.sh now\n",
        "leave out --system",
        "leave out --system",
        has_users=True,
    ),
    "cpanel": crontab(
        """MAILTO="me@example.com"
SHELL="/usr/local/cpanel/bin/jailshell"
*/15 * * * * /usr/local/bin/php -q /home/user/public_html/cron.php
0,30 * * * * /usr/bin/wget -q -O /dev/null "http://HOST/wp-cron.php?doing_wp_cron"
""",
        "its SHELL is /usr/local/cpanel/bin/jailshell",
        "its SHELL is /usr/local/cpanel/bin/jailshell",
    ),
    "web hosters": crontab(
        """MAILTO=""
*/15 * * * * wget -q -O - http://HOST/wp-cron.php?doing_wp_cron >/dev/null 2>&1
0 * * * * wget -O - -q -t 1 http://HOST/cron/kEYkEY1
*/5 * * * * curl --silent 'http://HOST/index.php?option=com_x&task=cron&secret=s3cr3t' &> /dev/null
*/10 * * * * lynx -source http://HOST/cron.php > /dev/null 2>&1
0 3 * * * GET http://HOST/cron.php
30 */2 * * * /usr/bin/curl -m 120 -s http://HOST/cron?a[]=1 &>/dev/null
30 */3 * * * /usr/bin/curl -g -m 120 -s 'http://HOST/cron?a[]=1' >> cron.log 2>&1
""",
        "*/15 * * * * UTC: GET /wp-cron.php?doing_wp_cron",
        "0 * * * * UTC: GET /cron/kEYkEY1",
        "*/5 * * * * UTC: GET /index.php?option=com_x&task=cron&secret=s3cr3t",
        '"lynx" is not curl or wget',
        '"GET" is not curl or wget',
        "curl makes several URLs of {} and []",
        "30 */3 * * * UTC: GET /cron?a[]=1",
    ),
    "laravel": crontab(
        """* * * * * cd /path-to-your-project && php artisan schedule:run >> /dev/null 2>&1
* * * * * php /var/www/artisan schedule:run 1>> /dev/null 2>&1
0 0 * * * cd /var/www && /usr/bin/php bin/console app:cleanup --env=prod
""",
        '"php" is not curl',
        '"php" is not curl',
        '"/usr/bin/php" is not curl',
    ),
    "backups": crontab(
        r"""# m h dom mon dow command
0 2 * * * /usr/bin/pg_dump app | gzip > /backup/app_$(date +\%F).sql.gz
30 2 * * * restic -r s3:s3.amazonaws.com/bucket backup /srv --password-file /root/.pw
0 3 1 * * tar czf /backup/$(hostname)-$(date +\%Y\%m\%d).tgz /etc
15 3 * * * find /backup -mtime +30 -delete
0 4 * * * curl -sS -o /srv/rates.xml http://HOST/rates.xml
0 5 * * * wget -q http://HOST/list.txt
""",
        "what it prints goes to another program (gzip)",
        '"restic" is not curl',
        '"tar" is not curl',
        '"find" is not curl',
        "0 4 * * * UTC: GET /rates.xml",
        "0 5 * * * UTC: GET /list.txt",
    ),
    "zones": crontab(
        """0 3 * * * curl http://HOST/utc
TZ=America/New_York
0 4 * * * curl http://HOST/still-utc
CRON_TZ=Europe/Berlin
0 3 * * * curl http://HOST/berlin
CRON_TZ = "Asia/Kolkata"
0 3 * * * curl http://HOST/kolkata
'CRON_TZ'=
0 5 * * * curl http://HOST/utc-again
""",
        "0 3 * * * UTC: GET /utc",
        "0 4 * * * UTC: GET /still-utc",
        "0 3 * * * Europe/Berlin: GET /berlin",
        "0 3 * * * Asia/Kolkata: GET /kolkata",
        "0 5 * * * UTC: GET /utc-again",
    ),
    "variables": crontab(
        """"MY URL" = http://HOST/nobody
BASE=http://HOST/base
OPTS = "-fsS -m 10 "
KEY='a b'
EMPTY=
WITH_HASH=a#b
0 1 * * * curl $OPTS $BASE/one
0 2 * * * curl $OPTS -H "X-Key: $KEY" -H 'X-Literal: $KEY' "${BASE}/two"
0 3 * * * curl $EMPTY $BASE/$WITH_HASH
0 4 * * * U=$BASE/four; curl -d "x=$KEY" $U
0 5 * * * HTTPS_PROXY= curl $BASE/five
""",
        "0 1 * * * UTC: GET /base/one",
        "0 2 * * * UTC: GET /base/two",
        "0 3 * * * UTC: GET /base/a",
        "0 4 * * * UTC: POST /base/four",
        "0 5 * * * UTC: GET /base/five",
    ),
    "fields": crontab(
        """0 0 * * SUN,Tue-THU curl http://HOST/names
0 0 1-7 JAN,jul * curl http://HOST/months
0 0 * * 7 curl http://HOST/sunday
0 0 * * 5-7 curl http://HOST/weekend
0-59/10 8-18/2 * * 1-5 curl http://HOST/steps
*/60 * * * * curl http://HOST/hourly
0 */24 * * * curl http://HOST/daily
59 23 31 12 * curl http://HOST/year
-*/5 * * * * curl http://HOST/quiet
0 3 */2 * mon curl http://HOST/both
""",
        "0 0 * * SUN,Tue-THU UTC: GET /names",
        "0 0 1-7 JAN,jul * UTC: GET /months",
        "0 0 * * 7 UTC: GET /sunday",
        "0 0 * * 5-7 UTC: GET /weekend",
        "0-59/10 8-18/2 * * 1-5 UTC: GET /steps",
        "0 * * * * UTC: GET /hourly",
        "0 0 * * * UTC: GET /daily",
        "59 23 31 12 * UTC: GET /year",
        "*/5 * * * * UTC: GET /quiet",
        "0 3 */2 * mon UTC: GET /both",
    ),
    "what cron has not": crontab(
        """0 0 3 * * * curl http://HOST/seconds
0 0 12 ? * MON-FRI curl http://HOST/quartz
0 0 1 1 * 2027 curl http://HOST/year
0 3 1,15 * mon curl http://HOST/either
0 3 L * ? curl http://HOST/last
0 3 15W * * curl http://HOST/near
0 3 * * 5#3 curl http://HOST/third
@every 5m curl http://HOST/go
@reboot sleep 60 && curl http://HOST/boot
* * * * *
0 3 * * curl http://HOST/four
@daily
""",
        "it has six fields",
        "it has six fields",
        "it has six fields",
        "cron runs it when the day of the month (1,15) or the weekday (mon) matches",
        "L is a day of another scheduler (Quartz)",
        "15W is a day of another scheduler (Quartz)",
        "5#3 is a day of another scheduler (Quartz)",
        "@every is not supported",
        "@reboot is when the machine starts",
        "five fields and a command are expected",
        "five fields and a command are expected",
        "it has no command",
    ),
    "percent signs": crontab(
        r"""0 1 * * * curl -d 'a=100\%' http://HOST/escaped
0 2 * * * curl http://HOST/x\%20y
0 3 * * * curl http://HOST/before%this is the input%of the command
0 4 * * * curl -d @- http://HOST/input%name=value
0 5 * * * curl -o /dev/null -w '\%{http_code}' http://HOST/format
0 6 * * * curl -d 'back\\slash' http://HOST/slash # with 5 % of all
""",
        "0 1 * * * UTC: POST /escaped",
        "0 2 * * * UTC: GET /x%20y",
        "0 3 * * * UTC: GET /before",
        "it reads what stands behind the %",
        "0 5 * * * UTC: GET /format",
        "0 6 * * * UTC: POST /slash",
    ),
    "macros and comments": crontab(
        """@yearly curl http://HOST/1
@annually curl http://HOST/2
@monthly curl http://HOST/3 # the first of the month
@weekly   curl http://HOST/4  #no blank
@midnight\tcurl http://HOST/5;
@hourly curl http://HOST/6#fragment
@hourly curl "http://HOST/7?q=#no" &
   # a comment behind blanks
#0 3 * * * curl http://HOST/off
""",
        "0 0 1 1 * UTC: GET /1",
        "0 0 1 1 * UTC: GET /2",
        "0 0 1 * * UTC: GET /3",
        "0 0 * * 0 UTC: GET /4",
        "0 0 * * * UTC: GET /5",
        "0 * * * * UTC: GET /6",
        "0 * * * * UTC: GET /7?q=",
    ),
    "passwords": crontab(
        """0 1 * * * curl http://ana:hunter2@HOST/a
0 2 * * * curl -u ana:hunter2 "http://HOST/b?token=hunter2&x=1"
0 3 * * * wget -qO- http://ana:hunter2@HOST/c
0 4 * * * curl http://ana:hunter2@HOST/d | mail -s x me
0 5 * * * wget -q --spider 'http://HOST/e?token=hunter2'
0 6 * * * wget -q 'http://HOST/f?token=hunter2'
0 7 * * * curl -O http://ana:hunter2@HOST/g
""",
        "0 1 * * * UTC: GET /a",
        "0 2 * * * UTC: GET /b?token=hunter2&x=1",
        "wget signs in only after an answer of 401",
        "what it prints goes to another program (mail)",
        "0 5 * * * UTC: HEAD /e?token=hunter2",
        "0 6 * * * UTC: GET /f?token=hunter2",
        "0 7 * * * UTC: GET /g",
    ),
    "byte order mark, carriage returns": crontab(
        "# größer\r\n0 1 * * * curl -d 'größe=ü' http://HOST/a\r\n\r\nCRON_TZ=Europe/Berlin\r\n0 2 * * * curl http://HOST/b\r\n",
        "0 1 * * * UTC: POST /a",
        "0 2 * * * Europe/Berlin: GET /b",
        encoding="utf-8-sig",
    ),
    "latin-1": crontab(
        "# täglich\n0 1 * * * curl -H 'X-Ort: K' http://HOST/a # für alle\n0 2 * * * echo übel\n",
        "0 1 * * * UTC: GET /a",
        '"echo" is not curl',
        encoding="latin-1",
    ),
    "programs before a request": crontab(
        """0 1 * * * nice -n 19 curl http://HOST/nice
0 2 * * * nice -5 ionice -c3 curl -d x http://HOST/both
0 3 * * * timeout 30 curl http://HOST/limit
0 4 * * * /usr/bin/timeout 1m curl -m 5 http://HOST/own
0 5 * * * nohup curl http://HOST/nohup >/dev/null 2>&1
0 6 * * * exec env curl http://HOST/env
0 7 * * * nice curl http://HOST/first && nice wget -q -O /dev/null http://HOST/second
0 8 * * * nice /usr/local/bin/backup
0 9 * * * timeout 30 wget http://HOST/wget
0 10 * * * env TZ=UTC curl http://HOST/variable
0 11 * * * flock -n /tmp/lock curl http://HOST/lock
0 12 * * * nice -n
""",
        "0 1 * * * UTC: GET /nice",
        "0 2 * * * UTC: POST /both",
        "0 3 * * * UTC: GET /limit",
        "0 4 * * * UTC: GET /own",
        "0 5 * * * UTC: GET /nohup",
        "0 6 * * * UTC: GET /env",
        "0 7 * * * UTC: GET /first, GET /second",
        '"/usr/local/bin/backup" is not curl or wget',
        '"timeout" is not curl or wget',
        '"env" is not curl or wget',
        '"flock" is not curl or wget',
        '"nice" is not curl or wget',
    ),
    "lists of commands": crontab(
        """0 1 * * * curl -fsS http://HOST/a || true
0 2 * * * sleep 0.1; curl http://HOST/b; exit 0
0 3 * * * curl -f http://HOST/broken; curl http://HOST/after
0 4 * * * curl -f http://HOST/broken && curl http://HOST/never
0 5 * * * curl http://HOST/broken && curl http://HOST/still
0 6 * * * curl -f http://HOST/broken || curl -f http://HOST/broken2 || curl http://HOST/third
0 7 * * * curl http://HOST/a && sleep 0.1 && curl http://HOST/b
0 8 * * * (curl http://HOST/a)
0 9 * * * if curl -f http://HOST/a; then curl http://HOST/b; fi
0 10 * * * curl http://HOST/a/$?
0 11 * * * flock -n /tmp/lock curl http://HOST/a
0 12 * * * sleep $((RANDOM % 300)) && curl http://HOST/a
""",
        "0 1 * * * UTC: GET /a",
        "0 2 * * * UTC: GET /b",
        "0 3 * * * UTC: GET /broken, GET /after",
        "0 4 * * * UTC: GET /broken",
        "0 5 * * * UTC: GET /broken, GET /still",
        "0 6 * * * UTC: GET /broken, GET /broken2, GET /third",
        "0 7 * * * UTC: GET /a, GET /b",
        'it is a script for a shell ("(")|only a shell can do',
        "it is a script for a shell",
        "it uses $?",
        'it runs "flock"|"flock" is not curl',
        "it uses $((RANDOM",
    ),
    "wget": crontab(
        """0 1 * * * wget --quiet --timeout=10 --tries=3 --output-document=/dev/null http://HOST/a
0 2 * * * wget -nv -O- --header='X-A: 1' --header "X-B: two words" -U 'me/1' --referer=http://r/ http://HOST/b
0 3 * * * wget -qO- --post-data='a=1&b=2' http://HOST/c
0 4 * * * wget -qO- --method=PUT --body-data='{"a":1}' --header='Content-Type: application/json' http://HOST/d
0 5 * * * wget -qO- "http://HOST/sp ace/{x}?q=a b|c^d~"
0 6 * * * wget -qO- --no-check-certificate --no-cache HOST/f
0 7 * * * wget -q -r http://HOST/site
0 8 * * * wget -q -i urls.txt
0 9 * * * wget -qO- http://HOST/a http://HOST/b
0 10 * * * wget -qO- --user=me --password=x http://HOST/g
0 11 * * * wget -qN http://HOST/h
0 12 * * * wget -qO- "http://HOST/a/../b/./c"
""",
        "0 1 * * * UTC: GET /a",
        "0 2 * * * UTC: GET /b",
        "0 3 * * * UTC: POST /c",
        "0 4 * * * UTC: PUT /d",
        "0 5 * * * UTC: GET /sp%20ace/%7Bx%7D?q=a%20b%7Cc%5Ed~",
        "0 6 * * * UTC: GET /f",
        "wget's -r has no equivalent in a step: it fetches more than one page",
        "wget's -i has no equivalent in a step: it reads a file",
        "it calls more than one URL",
        "wget signs in only after an answer of 401",
        "wget's -N has no equivalent in a step: it depends on a file",
        "0 12 * * * UTC: GET /b/c",
    ),
}
