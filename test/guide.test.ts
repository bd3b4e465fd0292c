import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = new URL("..", import.meta.url).pathname;

/** What shows each section of the guide: a file or folder, and words that stand in it. */
const SECTIONS: Readonly<Record<string, readonly [path: string, words?: string]>> = {
	Overview: ["README.md", "## The chain"],
	Architecture: ["src/backends/registry.ts"],
	"Quick Start: Basic Usage": ["test/library/manager.test.ts", "getSecret"],
	"Quick Start: Advanced Usage": ["test/library/manager.test.ts", "getSecrets("],
	"HashiCorp Vault: Configuration": ["README.md", "`VAULT_NAMESPACE` (default `dsta`"],
	"HashiCorp Vault: Vault Setup": ["examples/tree/seed.sh", "secrets enable -path=secret kv-v2"],
	"HashiCorp Vault: Create access policy": ["test/policy/vault.test.ts"],
	"HashiCorp Vault: Docker Integration": ["examples/docker/compose.yaml", "VAULT_ADDR"],
	"AWS Secrets Manager: Configuration": ["test/policy/iam.test.ts"],
	"AWS Secrets Manager: Create Secrets": ["examples/tree/seed.sh", "seed.sh aws"],
	"AWS Secrets Manager: Terraform Example": ["examples/terraform/main.tf", "dsta/exchange/binance"],
	"Environment Variables: Configuration": ["test/contract/env.test.ts"],
	"Secret Organization": ["examples/tree/secrets.map.yaml", "notifications/slack_webhook_url"],
	"Security: Secret Rotation": ["test/library/rotation.test.ts", "rotateSecret"],
	"Security: Access Control": ["README.md", "dsta-run policy vault"],
	"Security: Encryption at Rest": ["README.md", "Encryption at rest"],
	"Security: Audit Logging": ["README.md", "vault audit enable file"],
	"Security: Least Privilege": ["README.md", "Least privilege"],
	"Integration: Django Settings": ["examples/django/settings.py", "POSTGRES_PASSWORD"],
	"Integration: Exchange Clients": ["examples/exchange-client/binance.ts"],
	"Integration: Celery Tasks": ["examples/celery/tasks.py", "send_notification"],
	"Monitoring: Health Checks": ["test/library/health.test.ts", "unhealthy"],
	"Monitoring: Metrics": ["README.md", "secret_requests_total"],
	Troubleshooting: ["test/e2e/guide.test.ts"],
	"Migration: From Environment Variables to Vault": ["test/cli/migrate.test.ts", "--remove-source"],
	"Testing: Unit Tests": ["test/library/guide.test.ts"],
	"Version History": ["CHANGELOG.md"],
};

describe("The guide", () => {
	it.each(Object.entries(SECTIONS))("has a counterpart of %s: %j", (_section, [path, words = ""]) => {
		const file = join(ROOT, path);
		expect(existsSync(file)).toBe(true);
		if (words !== "") expect(readFileSync(file, "utf8").includes(words)).toBe(true);
	});
});
