#!/bin/sh
# Makes the certificates of this folder anew: an authority, what it signs, another authority, and one that nobody signs. They
# serve tests alone.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/other-ca.key"
openssl ecparam -name prime256v1 -genkey -noout -out server.key
openssl ecparam -name prime256v1 -genkey -noout -out client.key
: >"$work/index.txt"
cat >"$work/ca.conf" <<END
[ca]
default_ca = tests
[tests]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
[alone]
basicConstraints = CA:false
END
request() { # name, key, alternative names
	openssl req -new -key "$2" -subj "/CN=$1" ${3:+-addext "subjectAltName=$3"} -out "$work/$1.csr"
}
sign() { # name, from, until, and how
	name=$1 from=$2 until=$3
	shift 3
	openssl ca -batch -notext -config "$work/ca.conf" -startdate "$from" -enddate "$until" "$@" -in "$work/$name.csr" -out "$name.pem"
}
long="20200101000000Z 21200101000000Z"
request ca "$work/ca.key"
sign ca $long -selfsign -keyfile "$work/ca.key" -extensions authority
request other-ca "$work/other-ca.key"
sign other-ca $long -selfsign -keyfile "$work/other-ca.key" -extensions authority
request valid server.key "IP:127.0.0.1,DNS:localhost"
sign valid $long -cert ca.pem -keyfile "$work/ca.key"
request expired server.key "IP:127.0.0.1,DNS:localhost"
sign expired 20200101000000Z 20210101000000Z -cert ca.pem -keyfile "$work/ca.key"
request other-host server.key "DNS:vault.example.com"
sign other-host $long -cert ca.pem -keyfile "$work/ca.key"
request client client.key ""
sign client $long -cert ca.pem -keyfile "$work/ca.key"
request self-signed server.key "IP:127.0.0.1"
sign self-signed $long -selfsign -keyfile server.key -extensions alone
rm -r "$work"
