# What jq 1.7 has, and jaq lacks or does in another way.

# Numbers
def tonumber: if isnumber then . else string_to_number end;
def tostring: if isstring then . else tojson end;

# Lists
def join($separator):
  reduce .[] as $item (null;
    (if . == null then "" else . + $separator end)
    + ($item | if . == null then "" elif isboolean or isnumber then tojson else . end))
  | if . == null then "" else . end;

# Time
def todate: if isnumber then floor else . end | todateiso8601;

# Ending
def halt_error($code): if isstring then . else tojson + "\n" end | stderr_empty, halt($code);
def halt_error: halt_error(5);

# Rows for spreadsheets and for awk
def row(quote; name):
  if isarray then .[] else error("\(.) is not a list, and \(name) needs one") end
  | if isstring then quote
    elif . == null then ""
    elif isarray or isobject then error("\(.) cannot be in a row of \(name)")
    else tostring end;
def @csv: [row("\"" + (split("\"") | join("\"\"")) + "\""; "@csv")] | join(",");
def @tsv:
  [row(split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n")
    | split("\r") | join("\\r"); "@tsv")]
  | join("\t");
