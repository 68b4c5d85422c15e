/** What the checks read of a manifest; everything else is the schemas' business. */
import { parseAllDocuments } from 'yaml';
import { kustomize } from './kubectl.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

export interface Workload extends Manifest {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata?: Manifest['metadata']; readonly spec: PodSpec };
  };
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly seccompProfile?: { readonly type: string };
  };
  readonly topologySpreadConstraints?: readonly unknown[];
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly livenessProbe?: unknown;
  readonly readinessProbe?: unknown;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}

/** All manifests that a folder renders to. */
export async function manifestsOf(folder: string): Promise<Manifest[]> {
  return parseAllDocuments(await kustomize(folder)).map((document) => document.toJS() as Manifest);
}

export function isWorkload(manifest: Manifest): manifest is Workload {
  return manifest.kind === 'Deployment' || manifest.kind === 'StatefulSet';
}

/** `Deployment/policy`. */
export function placeOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}
