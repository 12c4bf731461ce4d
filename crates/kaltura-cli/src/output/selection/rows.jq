# Rows for spreadsheets and for awk, which jaq leaves to its callers.
def row(quote; name):
  if isarray then .[] else error("\(.) is no list, and \(name) makes rows of lists") end
  | if isstring then quote
    elif . == null then ""
    elif isarray or isobject then error("\(.) can not stand in a row of \(name)")
    else tostring end;
def @csv: [row("\"" + (split("\"") | join("\"\"")) + "\""; "@csv")] | join(",");
def @tsv:
  [row(split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n")
    | split("\r") | join("\\r"); "@tsv")]
  | join("\t");
