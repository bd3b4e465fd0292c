import { checkAnnotations } from "../backends/annotation.ts";
import type {
	Annotations,
	Found,
	ReadRequest,
	Revision,
	SecretValue,
	StoredVersion,
	WritableBackend,
	WriteOptions,
	Written,
} from "../backends/backend.ts";
import { isObject, selectValue } from "../backends/select.ts";
import { checkUnchanged } from "../backends/unchanged.ts";
import { DstaError } from "../errors.ts";

/** Secrets by their paths: an object of fields, or one text for a secret without fields. */
export type MemorySecrets = Readonly<Record<string, string | Readonly<Record<string, SecretValue>>>>;

/**
 * A backend of `dsta-run/testing` that keeps its secrets in memory: it answers as the others do, counts versions as Vault does,
 * and fails when it is told to.
 */
export class MemoryBackend implements WritableBackend {
	/** The name that it was made with; `memory` by default. */
	readonly name: string;
	/** {@inheritDoc Backend.description} */
	readonly description = "secrets in memory";
	/** The paths that were asked for, in order. */
	readonly reads: string[] = [];
	readonly #versions: Map<string, Version[]>;
	readonly #annotations = new Map<string, Map<string, string>>();
	#failure: DstaError | undefined;

	/** Makes a backend that has these secrets. */
	constructor(secrets: MemorySecrets = {}, name = "memory") {
		this.name = name;
		this.#versions = new Map(Object.entries(secrets).map(([path, content]) => [path, [versionOf(content)]]));
	}

	/** Replaces a secret, or removes it: `undefined`. */
	set(secret: string, content: MemorySecrets[string] | undefined): void {
		if (content !== undefined) this.#add(secret, content);
		else {
			this.#versions.delete(secret);
			this.#annotations.delete(secret);
		}
	}

	/** Has every call fail from now on, or none: `undefined`. */
	fail(failure: DstaError | undefined): void {
		this.#failure = failure;
	}

	/** {@inheritDoc Backend.read} */
	async read(request: ReadRequest): Promise<Found | undefined> {
		this.reads.push(request.path.text);
		return this.#find(request);
	}

	/** {@inheritDoc Backend.revision} */
	async revision(request: ReadRequest): Promise<Revision> {
		const found = this.#find(request);
		if (found === undefined) return { kind: "absent" };
		const made = this.#versions.get(found.location)?.[Number(found.version) - 1]?.serial;
		return { kind: "known", text: `version ${found.version} of ${found.location}, written as ${made}` };
	}

	/** {@inheritDoc Backend.locations} */
	locations(request: ReadRequest): readonly string[] {
		return [request.path.secret];
	}

	/** {@inheritDoc Backend.advice} */
	advice(request: ReadRequest): string {
		return `Give ${request.path.text} to the MemoryBackend.`;
	}

	/** {@inheritDoc Backend.check} */
	async check(): Promise<void> {
		this.#throwIfFailing();
	}

	/** {@inheritDoc WritableBackend.write} */
	async write(secret: string, fields: ReadonlyMap<string, string>, options: WriteOptions): Promise<Written> {
		const { overwrite = true, replace } = options;
		this.#throwIfFailing();
		const current = this.#versions.get(secret)?.at(-1)?.content;
		const kept = isObject(current) ? current : {};
		checkUnchanged(kept, { backend: this.name, secret, ...options });
		const changed = [...fields].find(([key, value]) => Object.hasOwn(kept, key) && kept[key] !== value);
		if (!overwrite && changed !== undefined)
			throw new DstaError("DSTA_CONFLICT", `${secret} has another ${changed[0]}`, {
				backend: this.name,
				path: secret,
				cure: "Write it with overwrite: true.",
			});
		const content = { ...(replace ? {} : kept), ...Object.fromEntries(fields) };
		return {
			location: secret,
			version: String(this.#add(secret, content)),
			created: current === undefined,
			fields: Object.keys(content).sort(),
		};
	}

	/** {@inheritDoc WritableBackend.list} */
	async list(folder: string): Promise<readonly string[]> {
		this.#throwIfFailing();
		const start = folder === "" ? "" : `${folder}/`;
		const below = [...this.#versions.keys()].filter((path) => path.startsWith(start));
		const names = below.map((path) => /^[^/]*\/?/.exec(path.slice(start.length))?.[0] ?? "");
		return [...new Set(names)].sort();
	}

	/** {@inheritDoc WritableBackend.annotations} */
	readonly annotations: Annotations = {
		read: async (secret) => {
			this.#throwIfFailing();
			return this.#versions.has(secret) ? new Map(this.#annotations.get(secret)) : undefined;
		},
		write: async (secret, changes) => {
			this.#throwIfFailing();
			checkAnnotations(changes, { backend: this.name, secret });
			if (!this.#versions.has(secret))
				throw new DstaError("DSTA_NOT_FOUND", `Secret not found: ${secret} (${this.name} has none)`, {
					backend: this.name,
					path: secret,
					cure: `Write ${secret} first.`,
				});
			const texts = new Map(this.#annotations.get(secret));
			for (const [name, text] of changes) text === undefined ? texts.delete(name) : texts.set(name, text);
			this.#annotations.set(secret, texts);
		},
	};

	/** {@inheritDoc WritableBackend.versions} */
	async versions(secret: string): Promise<readonly StoredVersion[]> {
		this.#throwIfFailing();
		const versions = this.#versions.get(secret) ?? [];
		return versions
			.map(({ createdAt }, index) => ({
				version: String(index + 1),
				createdAt,
				isCurrent: index === versions.length - 1,
				isReadable: true,
				isPending: false,
			}))
			.reverse();
	}

	/** Does nothing: its secrets stay, for the next manager. */
	close(): void {}

	/** Adds a version, and answers how many there are. */
	#add(secret: string, content: SecretValue): number {
		const versions = [...(this.#versions.get(secret) ?? []), versionOf(content)];
		this.#versions.set(secret, versions);
		return versions.length;
	}

	#find({ path, version }: ReadRequest): Found | undefined {
		this.#throwIfFailing();
		const { secret, selector, text } = path;
		const find = (place: string, select: (content: SecretValue) => SecretValue | undefined) => {
			const versions = this.#versions.get(place) ?? [];
			const number = version === undefined ? versions.length : Number(version);
			const content = versions[number - 1]?.content;
			const value = content === undefined ? undefined : select(content);
			return value === undefined ? undefined : { value, location: place, version: String(number) };
		};
		const found = find(secret, (content) => selectValue(content, selector));
		// As at AWS, `a/b/c` may also be a text of that name.
		return found ?? find(text, (content) => (typeof content === "string" ? content : undefined));
	}

	#throwIfFailing(): void {
		if (this.#failure !== undefined) throw this.#failure;
	}
}

interface Version {
	readonly content: SecretValue;
	readonly createdAt: Date;
	/** Which of all versions: a secret that was removed begins with 1 again. */
	readonly serial: number;
}

let written = 0;

function versionOf(content: SecretValue): Version {
	return { content, createdAt: new Date(), serial: ++written };
}
