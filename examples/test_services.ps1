# Asks both services everything the lab promises and checks each answer. For Windows PowerShell 5.1 and PowerShell 7;
# start the lab first (npm start).
#   .\examples\test_services.ps1 [-ServiceA http://localhost:8000] [-ServiceB http://localhost:8001]
# Ends with 0 when every answer was right, else with 1.
param([string]$ServiceA = $env:SERVICE_A, [string]$ServiceB = $env:SERVICE_B)

if (-not $ServiceA) { $ServiceA = 'http://localhost:8000' }
if (-not $ServiceB) { $ServiceB = 'http://localhost:8001' }
$script:right = 0
$script:wrong = 0

# Invoke-WebRequest throws on a 422 and reads its body differently in 5.1 and 7; .NET's own client is the same in both.
Add-Type -AssemblyName System.Net.Http
$client = New-Object System.Net.Http.HttpClient
$client.Timeout = [TimeSpan]::FromSeconds(15)

function Ask([string]$Method, [string]$Url, $Body, [string]$ContentType = 'application/json') {
  $request = New-Object System.Net.Http.HttpRequestMessage
  $request.Method = New-Object System.Net.Http.HttpMethod($Method)
  $request.RequestUri = New-Object System.Uri($Url)
  if ($null -ne $Body) {
    $request.Content = New-Object System.Net.Http.StringContent($Body, [System.Text.Encoding]::UTF8, $ContentType)
  }
  $answer = $client.SendAsync($request).GetAwaiter().GetResult()
  return [PSCustomObject]@{
    Status = [int]$answer.StatusCode
    Body   = $answer.Content.ReadAsStringAsync().GetAwaiter().GetResult()
    Allow  = ($answer.Content.Headers.Allow -join ', ')
  }
}

function Report([string]$Name, [bool]$Good, [string]$Wanted, $Answer) {
  if ($Good) {
    $script:right += 1
    Write-Host "  ok    $Name" -ForegroundColor Green
  } else {
    $script:wrong += 1
    Write-Host "  WRONG $Name" -ForegroundColor Red
    Write-Host "        wanted $Wanted"
    Write-Host "        got    $($Answer.Status) $($Answer.Body)"
  }
}

function Exactly([string]$Name, [int]$Status, [string]$Wanted, [string]$Method, [string]$Url, $Body, [string]$ContentType = 'application/json') {
  $answer = Ask $Method $Url $Body $ContentType
  Report $Name (($answer.Status -eq $Status) -and ($answer.Body -ceq $Wanted)) "$Status $Wanted" $answer
}

# For answers with chance in them: $Pattern is a regular expression.
function Like([string]$Name, [int]$Status, [string]$Pattern, [string]$Method, [string]$Url, $Body) {
  $answer = Ask $Method $Url $Body
  Report $Name (($answer.Status -eq $Status) -and ($answer.Body -cmatch $Pattern)) "$Status $Pattern" $answer
}

# The demo model's answer to a text of so many characters; the class and the confidence are drawn at random.
function Prediction([int]$Length) {
  $class = '(cat|dog|bird|fish|rabbit)'
  return '\{"prediction":\{"class":"' + $class + '","confidence":0\.[7-9][0-9]?,"input_length":' + $Length + '\},' +
    '"message":"Predicted class: ' + $class + ' with [7-9][0-9]\.0% confidence"\}'
}

function NotAnInput([string]$Issues) { return '{"detail":[' + $Issues + ']}' }

foreach ($url in @($ServiceA, $ServiceB)) {
  try { $null = Ask 'GET' "$url/health" $null } catch {
    Write-Host "Nothing answers at $url. Start the lab with: npm start"
    exit 1
  }
}

$logged = '{"status":"Input logged successfully"}'
$process = "$ServiceA/process"
$predict = "$ServiceB/predict"

Write-Host "`nService A at $ServiceA"
Exactly 'says who it is' 200 '{"service":"Service A - Input Logger","status":"running"}' 'GET' "$ServiceA/" $null
Exactly 'is healthy' 200 '{"service":"Service A","status":"healthy"}' 'GET' "$ServiceA/health" $null
Exactly 'logs an input' 200 $logged 'POST' $process '{"data":"hello","forward_to_model":false}'
$forwarded = '^\{"status":"Input logged successfully","model_prediction":'
Like 'logs an input and asks B' 200 ($forwarded + (Prediction 10) + '\}$') 'POST' $process '{"data":"test input","forward_to_model":true}'
Like 'asks B unless told not to' 200 ($forwarded + (Prediction 1) + '\}$') 'POST' $process '{"data":"x"}'
Exactly 'reads "off" as false' 200 $logged 'POST' $process '{"data":"x","forward_to_model":"off"}'
Exactly 'reads 0 as false' 200 $logged 'POST' $process '{"data":"x","forward_to_model":0}'
Exactly 'ignores fields it does not know' 200 $logged 'POST' $process '{"data":"x","forward_to_model":false,"colour":"red"}'

Write-Host "`nService B at $ServiceB"
Exactly 'says who it is' 200 '{"service":"Service B - ML Prediction","status":"running"}' 'GET' "$ServiceB/" $null
Exactly 'is healthy' 200 '{"service":"Service B","status":"healthy"}' 'GET' "$ServiceB/health" $null
Like 'predicts' 200 ('^' + (Prediction 10) + '$') 'POST' $predict '{"input":"test input"}'
Like 'counts code points, not bytes' 200 ('^' + (Prediction 3) + '$') 'POST' $predict '{"input":"\u65e5\u672c\ud83d\udc1f"}'
Like 'takes an empty text' 200 ('^' + (Prediction 0) + '$') 'POST' $predict '{"input":""}'

Write-Host "`nWhat is not there"
Exactly 'an unknown path' 404 '{"detail":"Not Found"}' 'GET' "$ServiceA/nowhere" $null
Exactly 'an unknown path of B' 404 '{"detail":"Not Found"}' 'GET' "$ServiceB/nowhere" $null
Exactly 'the wrong method' 405 '{"detail":"Method Not Allowed"}' 'GET' $process $null
$answer = Ask 'GET' $process $null
Report 'says which method is right' ($answer.Allow -ceq 'POST') 'allow: POST' $answer
Exactly 'the wrong method at B' 405 '{"detail":"Method Not Allowed"}' 'GET' $predict $null

Write-Host "`nWhat is not an input"
$boolean = 'Input should be a valid boolean, unable to interpret input'
$notAnObject = 'Input should be a valid dictionary or object to extract fields from'
$nothing = NotAnInput '{"type":"missing","loc":["body"],"msg":"Field required","input":null}'
$wanted = NotAnInput '{"type":"missing","loc":["body","data"],"msg":"Field required","input":{"forward_to_model":true}}'
Exactly 'data is missing' 422 $wanted 'POST' $process '{"forward_to_model":true}'
$wanted = NotAnInput '{"type":"string_type","loc":["body","data"],"msg":"Input should be a valid string","input":123}'
Exactly 'data is a number' 422 $wanted 'POST' $process '{"data":123}'
$wanted = NotAnInput ('{"type":"bool_parsing","loc":["body","forward_to_model"],"msg":"' + $boolean + '","input":"maybe"}')
Exactly 'forward_to_model is a word' 422 $wanted 'POST' $process '{"data":"x","forward_to_model":"maybe"}'
$wanted = NotAnInput '{"type":"bool_type","loc":["body","forward_to_model"],"msg":"Input should be a valid boolean","input":null}'
Exactly 'forward_to_model is null' 422 $wanted 'POST' $process '{"data":"x","forward_to_model":null}'
$wanted = NotAnInput ('{"type":"model_attributes_type","loc":["body"],"msg":"' + $notAnObject + '","input":[1]}')
Exactly 'a list' 422 $wanted 'POST' $process '[1]'
Exactly 'an empty body' 422 $nothing 'POST' $process ''
Exactly 'null' 422 $nothing 'POST' $process 'null'
$wanted = '{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},'
$wanted = NotAnInput ($wanted + '"ctx":{"error":"Expecting property name enclosed in double quotes"}}')
Exactly 'broken JSON' 422 $wanted 'POST' $process '{bad'
$wanted = NotAnInput ('{"type":"model_attributes_type","loc":["body"],"msg":"' + $notAnObject + '","input":"{}"}')
Exactly 'text that does not say it is JSON' 422 $wanted 'POST' $process '{}' 'text/plain'
$wanted = '{"type":"string_type","loc":["body","data"],"msg":"Input should be a valid string","input":1},'
$wanted = NotAnInput ($wanted + '{"type":"bool_parsing","loc":["body","forward_to_model"],"msg":"' + $boolean + '","input":2}')
Exactly 'two mistakes at once' 422 $wanted 'POST' $process '{"data":1,"forward_to_model":2}'
$wanted = NotAnInput '{"type":"missing","loc":["body","input"],"msg":"Field required","input":{}}'
Exactly 'input is missing at B' 422 $wanted 'POST' $predict '{}'
$wanted = NotAnInput '{"type":"string_type","loc":["body","input"],"msg":"Input should be a valid string","input":5}'
Exactly 'input is a number at B' 422 $wanted 'POST' $predict '{"input":5}'

Write-Host "`nDocumentation"
foreach ($url in @($ServiceA, $ServiceB)) {
  Like "$url/openapi.json" 200 '^\{"openapi":"3\.1\.' 'GET' "$url/openapi.json" $null
  Like "$url/docs" 200 '<html' 'GET' "$url/docs" $null
  Like "$url/redoc" 200 '<html' 'GET' "$url/redoc" $null
}

Write-Host "`n$($script:right) right, $($script:wrong) wrong"
if ($script:wrong -gt 0) { exit 1 }
exit 0
