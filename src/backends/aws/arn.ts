import { isArn } from "../../secret-path.ts";

/** The resource of a policy that a name or ARN stands for: AWS adds a hyphen and six characters of its own to a name. */
export function resourceOf(
	id: string,
	{ account = "*", region = "*" }: { readonly account?: string | undefined; readonly region?: string },
): string {
	if (!isArn(id)) return `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${id}-??????`;
	// One that ends so is taken for a whole ARN by AWS, too.
	return /-[\dA-Za-z]{6}$/.test(id) ? id : `${id}-??????`;
}

/** The part of AWS that a region belongs to. */
export function partitionOf(region: string): string {
	return /^cn-/.test(region) ? "aws-cn" : /^us-gov-/.test(region) ? "aws-us-gov" : "aws";
}
