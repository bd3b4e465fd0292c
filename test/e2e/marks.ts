/** A text by which the code of each package is known, which no code of ours contains. */
export const MARKS = {
	yaml: "tag:yaml.org,2002",
	execa: "Command was killed with",
	"node-vault": "strictSSL",
	"the AWS SDK": "com.amazonaws.secretsmanager",
	"prom-client": "Invalid metric name",
} as const;
