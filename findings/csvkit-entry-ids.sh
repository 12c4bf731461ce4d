#!/usr/bin/env bash
# Question: an entry id of Kaltura is the data centre, an underscore and eight characters of [0-9a-z], such as 0_7jh3eu10.
#   A list of entries goes through csvkit. Does an id come out as it went in?
# Guess: yes. "0_12345670" has an underscore, so no type sniffer takes it for a number; the column stays text.
# Package: csvkit 2.2.0 with agate 1.14.2 (PyPI).
# Behaviour: agate tries decimal numbers first, and Python's decimal reader takes underscores between digits.
#   If all ids of the column have only digits behind the underscore (one filtered row is enough), the column becomes
#   a number: csvsort and csvjson write 12345670 for 0_12345670, csvlook sets thousands separators, and an id with one "e"
#   between its digits becomes an exponent, in csvjson "Infinity", which is no JSON. No error, status 0.
#   One id with a letter in the same list and all of them stay text, so a test with a long list does not show it.
#   A column in which all values are 0 or 1 (mediaType 1 is a video) becomes a truth value in the same way.
#   About one id in 18 000 is of this kind: (10/36)^8 only digits, and 6/36*(10/36)^7 with one "e" inside.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: a script that lists entries as CSV, keeps one row and passes the id on to a delete or an update has another id, or none.
#   Use csvkit with -I (--no-inference), or take JSON, where ids are strings. In docs: name -I beside each example with CSV.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check csvkit==2.2.0 agate==1.14.2
export PATH="$work/v/bin:$PATH"

printf '%s\n' id,name,mediaType 0_12345670,First,1 1_23456789,Second,1 0_7jh3eu10,Third,1 > all.csv
{
  echo "three entries:";     csvsort -c name all.csv
  echo "two of them:";       csvgrep -c name -r '^(First|Second)$' all.csv | csvsort -c name
  echo "one as JSON:";       csvgrep -c name -m First all.csv | csvjson; echo
  echo "one in a table:";    csvgrep -c name -m Second all.csv | csvlook
  printf '%s\n' id,name 1_234e5678,Fourth > e.csv
  echo "an e, CSV:";         csvsort -c name e.csv
  echo "an e, JSON:";        csvjson e.csv; echo
  echo "with -I:";           csvgrep -c name -m First all.csv | csvjson -I; echo
} > seen.txt
cat seen.txt
cat > expected.txt <<'X'
three entries:
id,name,mediaType
0_12345670,First,True
1_23456789,Second,True
0_7jh3eu10,Third,True
two of them:
id,name,mediaType
12345670,First,True
123456789,Second,True
one as JSON:
[{"id": 12345670.0, "name": "First", "mediaType": true}]
one in a table:
|          id | name   | mediaType |
| ----------- | ------ | --------- |
| 123,456,789 | Second |      True |
an e, CSV:
id,name
1.234E+5681,Fourth
an e, JSON:
[{"id": Infinity, "name": "Fourth"}]
with -I:
[{"id": "0_12345670", "name": "First", "mediaType": "1"}]
X
diff expected.txt seen.txt
echo "as expected"
