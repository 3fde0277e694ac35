#!/usr/bin/env bash
# Asks both services everything the lab promises and checks each answer. Needs bash and curl; start the lab first (npm start).
#   SERVICE_A=http://localhost:8000 SERVICE_B=http://localhost:8001 examples/test_services.sh
# Ends with 0 when every answer was right, else with 1.
set -uo pipefail

A=${SERVICE_A:-http://localhost:8000}
B=${SERVICE_B:-http://localhost:8001}
passed=0
failed=0

if [ -t 1 ]; then
  green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  green='' red='' plain=''
fi

section() { printf '\n%s\n' "$1"; }

# ask METHOD URL [BODY [CONTENT_TYPE]]: sets $status, $body and $headers.
ask() {
  local arguments=(--silent --show-error --max-time 15 --request "$1" --dump-header - --write-out '\n%{http_code}')
  if [ $# -gt 2 ]; then arguments+=(--header "Content-Type: ${4:-application/json}" --data-binary "$3"); fi
  local all
  all=$(curl "${arguments[@]}" "$2" 2>&1)
  status=${all##*$'\n'}
  all=${all%$'\n'*}
  headers=${all%%$'\r\n\r\n'*}
  body=${all#*$'\r\n\r\n'}
}

pass() {
  passed=$((passed + 1))
  printf '  %sok%s    %s\n' "$green" "$plain" "$1"
}

# fail NAME WANTED: shows beside it what came.
fail() {
  failed=$((failed + 1))
  printf '  %sWRONG%s %s\n        wanted %s\n        got    %s %s\n' "$red" "$plain" "$1" "$2" "$status" "$body"
}

# exactly NAME STATUS BODY METHOD URL [BODY [CONTENT_TYPE]]
exactly() {
  ask "${@:4}"
  if [ "$status" = "$2" ] && [ "$body" = "$3" ]; then pass "$1"; else fail "$1" "$2 $3"; fi
}

# like NAME STATUS REGULAR_EXPRESSION METHOD URL [BODY [CONTENT_TYPE]], for answers with chance in them
like() {
  ask "${@:4}"
  if [ "$status" = "$2" ] && [[ $body =~ $3 ]]; then pass "$1"; else fail "$1" "$2 $3"; fi
}

# The demo model's answer to a text of $1 characters; the class and the confidence are drawn at random.
prediction() {
  local class='(cat|dog|bird|fish|rabbit)' confidence='0\.[7-9][0-9]?'
  printf '%s' "\{\"prediction\":\{\"class\":\"$class\",\"confidence\":$confidence,\"input_length\":$1\},"
  printf '%s' "\"message\":\"Predicted class: $class with [7-9][0-9]\.0% confidence\"\}"
}

command -v curl >/dev/null || { echo 'This script needs curl.' >&2; exit 1; }

not_an_input() { printf '{"detail":[%s]}' "$1"; }

for service in "Service A|$A" "Service B|$B"; do
  ask GET "${service#*|}/health"
  if [ "$status" != 200 ]; then
    echo "${service%%|*} does not answer at ${service#*|}. Start the lab with: npm start" >&2
    exit 1
  fi
done

section "Service A at $A"
exactly 'says who it is' 200 '{"service":"Service A - Input Logger","status":"running"}' GET "$A/"
exactly 'is healthy' 200 '{"service":"Service A","status":"healthy"}' GET "$A/health"
exactly 'logs an input' 200 '{"status":"Input logged successfully"}' POST "$A/process" '{"data":"hello","forward_to_model":false}'
like 'logs an input and asks B' 200 "^\{\"status\":\"Input logged successfully\",\"model_prediction\":$(prediction 10)\}$" \
  POST "$A/process" '{"data":"test input","forward_to_model":true}'
like 'asks B unless told not to' 200 "^\{\"status\":\"Input logged successfully\",\"model_prediction\":$(prediction 1)\}$" \
  POST "$A/process" '{"data":"x"}'
exactly 'reads "off" as false' 200 '{"status":"Input logged successfully"}' POST "$A/process" '{"data":"x","forward_to_model":"off"}'
exactly 'reads 0 as false' 200 '{"status":"Input logged successfully"}' POST "$A/process" '{"data":"x","forward_to_model":0}'
exactly 'ignores fields it does not know' 200 '{"status":"Input logged successfully"}' \
  POST "$A/process" '{"data":"x","forward_to_model":false,"colour":"red"}'

section "Service B at $B"
exactly 'says who it is' 200 '{"service":"Service B - ML Prediction","status":"running"}' GET "$B/"
exactly 'is healthy' 200 '{"service":"Service B","status":"healthy"}' GET "$B/health"
like 'predicts' 200 "^$(prediction 10)$" POST "$B/predict" '{"input":"test input"}'
like 'counts code points, not bytes' 200 "^$(prediction 3)$" POST "$B/predict" '{"input":"日本🐟"}'
like 'takes an empty text' 200 "^$(prediction 0)$" POST "$B/predict" '{"input":""}'

section 'What is not there'
exactly 'an unknown path' 404 '{"detail":"Not Found"}' GET "$A/nowhere"
exactly 'an unknown path of B' 404 '{"detail":"Not Found"}' GET "$B/nowhere"
exactly 'the wrong method' 405 '{"detail":"Method Not Allowed"}' GET "$A/process"
if grep -qi '^allow: POST' <<<"$headers"; then pass 'says which method is right'; else fail 'says which method is right' 'allow: POST'; fi
exactly 'the wrong method at B' 405 '{"detail":"Method Not Allowed"}' GET "$B/predict"

section 'What is not an input'
exactly 'data is missing' 422 \
  "$(not_an_input '{"type":"missing","loc":["body","data"],"msg":"Field required","input":{"forward_to_model":true}}')" \
  POST "$A/process" '{"forward_to_model":true}'
exactly 'data is a number' 422 \
  "$(not_an_input '{"type":"string_type","loc":["body","data"],"msg":"Input should be a valid string","input":123}')" \
  POST "$A/process" '{"data":123}'
exactly 'forward_to_model is a word' 422 \
  "$(not_an_input '{"type":"bool_parsing","loc":["body","forward_to_model"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}')" \
  POST "$A/process" '{"data":"x","forward_to_model":"maybe"}'
exactly 'forward_to_model is null' 422 \
  "$(not_an_input '{"type":"bool_type","loc":["body","forward_to_model"],"msg":"Input should be a valid boolean","input":null}')" \
  POST "$A/process" '{"data":"x","forward_to_model":null}'
exactly 'a list' 422 \
  "$(not_an_input '{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}')" \
  POST "$A/process" '[1]'
exactly 'an empty body' 422 "$(not_an_input '{"type":"missing","loc":["body"],"msg":"Field required","input":null}')" POST "$A/process" ''
exactly 'null' 422 "$(not_an_input '{"type":"missing","loc":["body"],"msg":"Field required","input":null}')" POST "$A/process" 'null'
exactly 'broken JSON' 422 \
  "$(not_an_input '{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting property name enclosed in double quotes"}}')" \
  POST "$A/process" '{bad'
exactly 'text that does not say it is JSON' 422 \
  "$(not_an_input '{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{}"}')" \
  POST "$A/process" '{}' text/plain
exactly 'two mistakes at once' 422 \
  "$(not_an_input '{"type":"string_type","loc":["body","data"],"msg":"Input should be a valid string","input":1},{"type":"bool_parsing","loc":["body","forward_to_model"],"msg":"Input should be a valid boolean, unable to interpret input","input":2}')" \
  POST "$A/process" '{"data":1,"forward_to_model":2}'
exactly 'input is missing at B' 422 "$(not_an_input '{"type":"missing","loc":["body","input"],"msg":"Field required","input":{}}')" POST "$B/predict" '{}'
exactly 'input is a number at B' 422 \
  "$(not_an_input '{"type":"string_type","loc":["body","input"],"msg":"Input should be a valid string","input":5}')" \
  POST "$B/predict" '{"input":5}'

section 'Documentation'
for url in "$A" "$B"; do
  like "$url/openapi.json" 200 '^\{"openapi":"3\.1\.' GET "$url/openapi.json"
  like "$url/docs" 200 '<html' GET "$url/docs"
  like "$url/redoc" 200 '<html' GET "$url/redoc"
done

printf '\n%d right, %d wrong\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
