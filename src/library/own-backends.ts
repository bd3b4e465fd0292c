import type {
	Annotations,
	Backend,
	Found,
	Lease,
	LeaseNews,
	ReadRequest,
	Revision,
	StoredVersion,
	WritableBackend,
	WriteOptions,
	Written,
} from "../backends/backend.ts";
import { releaseAll } from "../resolve/backends.ts";
import { type AvailabilityOptions, describeBackend, type SecretBackend } from "./availability.ts";

/** A backend that a program makes by a class: what chains ask, and what a manager shows of it. */
export abstract class OwnBackend implements Backend, SecretBackend {
	/** {@inheritDoc Backend.name} */
	readonly name: string;
	/** {@inheritDoc Backend.description} */
	readonly description: string;
	readonly #inner: Backend;

	protected constructor(inner: Backend) {
		this.#inner = inner;
		this.name = inner.name;
		this.description = inner.description;
	}

	/** {@inheritDoc Backend.read} */
	read(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined> {
		return this.#inner.read(request, signal);
	}

	/** {@inheritDoc Backend.revision} */
	async revision(request: ReadRequest, signal: AbortSignal): Promise<Revision> {
		return (await this.#inner.revision?.(request, signal)) ?? { kind: "unknown" };
	}

	/** {@inheritDoc Backend.locations} */
	locations(request: ReadRequest): readonly string[] {
		return this.#inner.locations(request);
	}

	/** {@inheritDoc Backend.advice} */
	advice(request: ReadRequest): string {
		return this.#inner.advice(request);
	}

	/** {@inheritDoc Backend.identity} */
	identity(request: ReadRequest): string | undefined {
		return this.#inner.identity?.(request);
	}

	/** Asks whether the backend answers and accepts our credentials: at a signal as chains do, or with limits of one's own. */
	check(limits: AbortSignal | AvailabilityOptions = {}): Promise<void> {
		if (limits instanceof AbortSignal) return this.#inner.check(limits);
		return describeBackend(this.name, this.#inner).check(limits);
	}

	/** {@inheritDoc SecretBackend.isAvailable} */
	isAvailable(options?: AvailabilityOptions): Promise<boolean> {
		return describeBackend(this.name, this.#inner).isAvailable(options);
	}

	/** {@inheritDoc Backend.leases} */
	leases(): readonly Lease[] {
		return this.#inner.leases?.() ?? [];
	}

	/** {@inheritDoc Backend.keepAlive} */
	async keepAlive(onNews: (news: LeaseNews) => void): Promise<void> {
		await this.#inner.keepAlive?.(onNews);
	}

	/** {@inheritDoc Backend.release} */
	get release(): Backend["release"] {
		return this.#inner.release;
	}

	/** {@inheritDoc Backend.close} */
	close(): void {
		this.#inner.close();
	}

	/** Gives back what was obtained, in two seconds at most, and closes it, for `await using`. */
	[Symbol.asyncDispose](): Promise<void> {
		return releaseAll([this.#inner]);
	}
}

/** Such a backend that can be written as well. */
export abstract class OwnWritableBackend extends OwnBackend implements WritableBackend {
	readonly #inner: WritableBackend;

	protected constructor(inner: WritableBackend) {
		super(inner);
		this.#inner = inner;
	}

	/** {@inheritDoc WritableBackend.write} */
	write(secret: string, fields: ReadonlyMap<string, string>, options: WriteOptions): Promise<Written> {
		return this.#inner.write(secret, fields, options);
	}

	/** {@inheritDoc WritableBackend.list} */
	list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
		return this.#inner.list(folder, signal);
	}

	/** {@inheritDoc WritableBackend.annotations} */
	get annotations(): Annotations {
		return this.#inner.annotations as Annotations;
	}

	/** {@inheritDoc WritableBackend.versions} */
	async versions(secret: string, signal: AbortSignal): Promise<readonly StoredVersion[]> {
		return (await this.#inner.versions?.(secret, signal)) ?? [];
	}
}
