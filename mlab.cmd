@node "%~dp0apps\cli\bootstrap\mlab.mjs" %*
