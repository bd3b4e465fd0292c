#!/bin/sh
# Fills a store for development with the recommended tree, with values that are made up; what is there already stays.
#   seed.sh vault   at VAULT_ADDR, as VAULT_TOKEN; makes the namespace (VAULT_NAMESPACE, dsta) and the KV engine if need be
#   seed.sh aws     in AWS_REGION, with the usual credentials
set -eu
store=${1:?"write seed.sh vault, or seed.sh aws"}

prepare_vault() {
	vault=$(command -v vault || command -v bao)
	export VAULT_NAMESPACE="${VAULT_NAMESPACE-dsta}"
	if [ -n "$VAULT_NAMESPACE" ]; then
		VAULT_NAMESPACE='' "$vault" namespace lookup "$VAULT_NAMESPACE" >/dev/null 2>&1 ||
			VAULT_NAMESPACE='' "$vault" namespace create "$VAULT_NAMESPACE" >/dev/null
	fi
	"$vault" secrets list | grep -q '^secret/' || "$vault" secrets enable -path=secret kv-v2
}

random() {
	od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

# printf is a part of the shell: no value is an argument of a process.
values() {
	for name in BINANCE_API_KEY BINANCE_API_SECRET GATEIO_API_KEY GATEIO_API_SECRET HUOBI_API_KEY HUOBI_API_SECRET \
		POSTGRES_PASSWORD REDIS_PASSWORD SECRET_KEY ENCRYPTION_KEY GRAFANA_API_KEY EMAIL_PASSWORD; do
		printf '%s=%s\n' "$name" "$(random 24)"
	done
	printf 'POSTGRES_HOST=localhost\nPOSTGRES_PORT=5432\nPOSTGRES_USER=dsta\nPOSTGRES_DB=dsta\n'
	printf 'SENTRY_DSN=https://%s@sentry.example.com/1\n' "$(random 16)"
	printf 'SLACK_WEBHOOK_URL=https://hooks.slack.example.com/services/%s\n' "$(random 16)"
}

[ "$store" != vault ] || prepare_vault
status=0
values | dsta-run migrate --map "$(dirname "$0")/secrets.map.yaml" --from /dev/stdin --to "$store" --yes || status=$?
[ "$status" = 65 ] || exit "$status"
echo "What differs was there before, and stays."
