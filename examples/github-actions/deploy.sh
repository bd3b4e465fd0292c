#!/bin/sh
# A stand-in for your deployment, which finds its secrets in its environment.
set -eu
echo "deploying with a key of ${#BINANCE_API_KEY} characters"
