import { type Format, lineByLine } from "./format.ts";
import { yamlText } from "./yaml.ts";

/** The manifest of a Secret: `dsta-run export --format k8s --name api | kubectl apply -f -`. */
export const KUBERNETES: Format = {
	render: (variables, name) => `apiVersion: v1
kind: Secret
metadata:
  name: ${yamlText(name)}
type: Opaque
data:${variables.size === 0 ? " {}" : ""}
${RENDER_DATA(variables, name)}`,
};

const RENDER_DATA = lineByLine(
	(name, value) => `  ${yamlText(name)}: ${yamlText(Buffer.from(value).toString("base64"))}`,
);
