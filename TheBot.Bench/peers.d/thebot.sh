#!/usr/bin/env bash
# TheBot as a peer of the comparison kit: copy this file to its peers.d/ as thebot-seed.sh and thebot-hub.sh, and
# adapters/*.json to its adapters/. (v1 wants a client id for every message, which the kit has no words for.) Build first:
#   dotnet publish TheBot.ChatApi -c Release -o "$THEBOT/api" && dotnet publish TheBot.Bench -c Release -o "$THEBOT/bench"
THEBOT=${THEBOT:-/tmp/thebot}
VERIFY_PG="Host=127.0.0.1;Port=$PGPORT_;Username=postgres;Database=thebot"
# Tokens are 40 digits, made of user ids that all have as many digits; rooms begin behind the school's own.
LABEL="${LABEL:-$peer} --user-base 1000001 --room-base 1001"

prepare_peer() {
  psql_ -d postgres -c 'DROP DATABASE IF EXISTS thebot' -c 'CREATE DATABASE thebot'
  dotnet "$THEBOT/bench/TheBot.Bench.dll" school --database "$VERIFY_PG" --rooms "$R" --members "$M"
}

start_peer() { # index, port
  run_bg "$THEBOT/api" env ASPNETCORE_URLS="http://127.0.0.1:$2" ASPNETCORE_ENVIRONMENT=Production \
    ConnectionStrings__chatdb="$VERIFY_PG" ConnectionStrings__redis="127.0.0.1:$RPORT" Logging__LogLevel__Default=Warning \
    Chat__Limits__MessagesPerSecond=100000 Chat__Limits__MessagesBurst=100000 dotnet TheBot.ChatApi.dll
}
