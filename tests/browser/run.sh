#!/usr/bin/env bash
# Opens the HTML report in headless Chromium, light and dark, and uses its filters as a reader would.
#
#   tests/browser/run.sh [--need]
#
# The browser: $CHROMIUM, or else the first of the usual names on the PATH. If there is none, this is reported; with --need that is a
# failure. With DOGWATCH_PAGES=DIR the pages are kept there, and with DOGWATCH_PAGES_PICTURES=1 screenshots as well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

browser=${CHROMIUM:-}
for name in chromium chromium-browser google-chrome chrome; do
  [ -n "$browser" ] || browser=$(command -v "$name" || true)
done
if [ -z "$browser" ]; then
  echo "UNAVAILABLE: chromium; the HTML report was opened in no browser"
  [ "${1:-}" != --need ]
  exit
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pages=${DOGWATCH_PAGES:-$scratch/pages}
mkdir -p "$pages"
export DOGWATCH_PAGES=$pages
(cd "$root" && cargo test --quiet --test formats -- --ignored write_pages_for_the_browser_test >"$scratch/log" 2>&1) || { cat "$scratch/log"; exit 1; }

# No network: no hostname resolves.
open() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
    --user-data-dir="$scratch/profile" --host-resolver-rules="MAP * ~NOTFOUND" --virtual-time-budget=60000 "$@" 2>"$scratch/browser.log" ||
    { cat "$scratch/browser.log"; return 1; }
}

failed=0
for page in sample clean hostile big; do
  # Appends a script to the page that uses it, and shows the result where `--dump-dom` prints it.
  {
    echo "<script>window.wrong=[];addEventListener('error',(e)=>wrong.push(e.message));addEventListener('securitypolicyviolation',(e)=>wrong.push('refused: '+e.violatedDirective+' '+e.blockedURI))</script>"
    cat "$pages/$page.html"
    echo "<script>"
    cat "$here/use.js"
    echo "</script>"
  } >"$scratch/$page.html"
  for scheme in 1 0; do
    dom=$(open --blink-settings=preferredColorScheme=$scheme --dump-dom "file://$scratch/$page.html?$page")
    said=$(sed -n 's/.*<pre id="said">\([^<]*\).*/\1/p' <<<"$dom")
    [ "$scheme" = 1 ] && look=light || look=dark
    case $said in
      "$look, "*" right") echo "$page: $said" ;;
      *) echo "$page ($look) FAILED: ${said:-no result}"; failed=1 ;;
    esac
    if [ -n "${DOGWATCH_PAGES_PICTURES:-}" ]; then
      open --blink-settings=preferredColorScheme=$scheme --window-size=1200,2000 --screenshot="$pages/$page-$look.png" "file://$pages/$page.html"
    fi
  done
done
exit $failed
