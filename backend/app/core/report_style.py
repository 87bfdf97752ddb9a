"""The one stylesheet of reports, and the hash by which the web app's own policy lets a preview use it."""

import base64
import hashlib
from typing import Final

REPORT_STYLE: Final = """
:root{color-scheme:light dark;--ink:#14181f;--mid:#4a5361;--paper:#fff;--line:#d5dae1;--mark:#1f5fbf;--up:#0b6e4f;
--down:#b3261e;--live:#8a1c12}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf0;--mid:#a7b0bd;--paper:#12161c;--line:#333b47;--mark:#7fb0ff;
--up:#5fd3a5;--down:#ff8a80;--live:#ffb4ab}}
@media print{:root{--ink:#000;--mid:#333;--paper:#fff;--line:#bbb;--mark:#1f5fbf;--up:#0b6e4f;--down:#b3261e;
--live:#8a1c12}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.25rem}
h1{font-size:1.5rem;line-height:1.2;margin:.4rem 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.3rem 0}
.mid,figcaption,th{color:var(--mid)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:4px;padding:0 .5rem;font-weight:600}
.live{color:var(--live)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.6rem;margin:1rem 0}
dt{color:var(--mid);font-size:.85rem}
dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}
svg{display:block;width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--mid)}
.narrow{display:none}
@media screen and (max-width:36rem){.wide{display:none}.narrow{display:block}}
.grid{stroke:var(--line)}
.line{fill:none;stroke:var(--mark);stroke-width:1.6;stroke-linejoin:round}
.fall{fill:var(--down);fill-opacity:.18;stroke:var(--down);stroke-width:1.2}
.up{fill:var(--up)}
.down{fill:var(--down)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.25rem .5rem;text-align:right;vertical-align:top}
th{font-weight:600;font-size:.85rem}
.word{text-align:left;overflow-wrap:anywhere}
footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.6rem;color:var(--mid);font-size:.85rem}
"""
REPORT_STYLE_SOURCE: Final = (
    f"'sha256-{base64.b64encode(hashlib.sha256(REPORT_STYLE.encode()).digest()).decode()}'"
)
