/** Calm, dense and legible: one column on a phone, two beside each other where there is room, black on white on paper. */
export const PAGE_STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--soft:#5a6675;--rule:#e3e7ec;--wash:#f5f7f9;--accent:#2563c9;--good:#0b6f65;--bad:#b3321c;--warn:#fff7e6;--warn-rule:#e8c476}
@media (prefers-color-scheme:dark){:root{--paper:#11161d;--ink:#e7ebf1;--soft:#9ba8b8;--rule:#2a333f;--wash:#182029;--accent:#74a5ff;--good:#4fcabb;--bad:#ff8f7a;--warn:#2b2412;--warn-rule:#6d571c}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;max-width:1080px;padding:0 24px 48px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:8px;background:var(--paper);padding:6px 10px;z-index:2}
header{padding-top:28px}
.brand{margin:0;color:var(--soft);font-size:13px;display:flex;align-items:center;gap:8px}
.mark{width:14px;height:14px;border-radius:4px;background:linear-gradient(135deg,#2563c9 50%,#0f8a7e 50%)}
h1{font-size:28px;line-height:1.2;margin:10px 0 4px;letter-spacing:-.01em}
.sub{margin:0;color:var(--soft)}
.summary{max-width:72ch;margin:14px 0 0;font-size:16px}
.warnings{border:1px solid var(--warn-rule);background:var(--warn);border-radius:8px;padding:10px 16px;margin:18px 0 0}
.warnings p{margin:0}
.warnings ul{margin:4px 0 0;padding-left:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:12px;margin:22px 0 0}
.tile{border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
.tile.main{border-color:var(--accent);box-shadow:inset 3px 0 0 var(--accent)}
.tile p{margin:0}
.tile .name{color:var(--soft);font-size:13px}
.tile .figure{font-size:27px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile .note{color:var(--soft);font-size:12.5px;font-variant-numeric:tabular-nums}
.tile .good{color:var(--good)}
.tile .bad{color:var(--bad)}
nav{margin:20px 0 0;border-block:1px solid var(--rule)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:0;padding:9px 0}
nav a{text-decoration:none;font-size:14px;display:inline-block;padding:2px 0}
nav a:hover{text-decoration:underline}
section{padding-top:30px}
h2{font-size:20px;margin:0 0 6px;letter-spacing:-.005em}
h3{font-size:15px;margin:22px 0 6px}
.intro,section>p{margin:0 0 12px;color:var(--soft);max-width:80ch}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:20px;margin:12px 0}
.figures:has(>figure:only-child){grid-template-columns:minmax(0,560px)}
.figures:has(>figure.wide:only-child){grid-template-columns:minmax(0,1fr)}
figure{margin:0;min-width:0;border:1px solid var(--rule);border-radius:10px;padding:14px 16px 10px;display:flex;flex-direction:column;break-inside:avoid}
figure.wide{grid-column:1/-1}
figcaption h3{margin:0}
figcaption p{margin:2px 0 10px;color:var(--soft);font-size:13.5px;line-height:1.45}
figure svg{width:100%;height:auto;display:block;max-width:620px}
figure.wide svg{max-width:960px}
div.broad{min-width:680px}
figure details{margin-top:auto;padding-top:8px}
details{margin:10px 0}
summary{cursor:pointer;color:var(--soft);font-size:13px}
summary:hover{color:var(--ink)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;min-width:min(100%,320px)}
section>.scroll>.broad,section>details>.scroll>.broad{width:100%}
.narrow th,.narrow td{padding-right:28px}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400;overflow-wrap:break-word;max-width:44ch}
tbody th{position:sticky;left:0;background:var(--paper);max-width:30ch}
thead th{color:var(--soft);font-size:12.5px;vertical-align:bottom;font-weight:500}
.n{text-align:right;white-space:nowrap}
tbody tr:hover>*{background:var(--wash)}
details .scroll{margin-top:8px;max-height:420px;overflow:auto}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr));gap:10px 24px;margin:10px 0}
.facts div{border-top:1px solid var(--rule);padding-top:6px}
dt{color:var(--soft);font-size:12.5px}
dd{margin:0}
dt::first-letter,.summary::first-letter{text-transform:uppercase}
footer{margin-top:40px;border-top:1px solid var(--rule);color:var(--soft);font-size:13px}
@media (max-width:560px){body{padding:0 14px 32px}h1{font-size:23px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tile.main{grid-column:1/-1}figure{padding:12px 10px 8px}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#ccc;--wash:#fff;--accent:#1c4f9f;--good:#0b6f65;--bad:#b3321c;--warn:#fff}body{max-width:none;padding:0;font-size:10.5pt}nav,.skip,figure details{display:none}section{break-inside:auto}.intro{break-after:avoid}.tiles{grid-template-columns:repeat(5,1fr);gap:6px}.tile{padding:8px 9px}.tile .figure{font-size:19px}h2,h3{break-after:avoid}.figures{grid-template-columns:1fr 1fr;gap:12px}.scroll{overflow:visible;max-height:none!important}div.broad{min-width:0}details::details-content{content-visibility:visible;block-size:auto}tr{break-inside:avoid}}
`;
