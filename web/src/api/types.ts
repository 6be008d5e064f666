import type { components } from "./schema";

/** What the HTTP interface answers, as far as this application reads it (docs/reference/http.md). */
export type ContainerType = "project" | "dataset" | "screen" | "plate";
export type ObjectType = ContainerType | "image";
export interface ObjectRef { type: ObjectType; id: number }

export interface Page<T> { items: T[]; next: string | null }
export interface Permissions { annotate: boolean; edit: boolean; delete: boolean; link: boolean }
export interface Person { id: number; username: string; first_name: string; last_name: string; email?: string | null; is_admin?: boolean; privileges?: string[] | null }
export interface Group { id: number; name: string; level: string; is_owner: boolean }
/** What somebody without an account came to see. */
export interface Visit {
  object: string | null; query: string | null; name: string; is_public: boolean; is_blind: boolean; may_annotate: boolean; expires_at?: string | null;
}
export interface Session { user: Person; groups: Group[]; group_id: number; csrf_token: string; sudo_experimenter_id: number | null; visit?: Visit }
export interface Grant {
  id: number; object: string; audience: "link" | "public"; name: string; query: string | null; may_annotate: boolean; is_blind: boolean;
  shown_keys: string[]; has_password: boolean; is_open: boolean; experimenter_id: number; created_at: string; opens_at: string | null;
  expires_at: string | null; revoked_at: string | null; use_count: number; last_used_at: string | null; url?: string;
}
export interface Look {
  id: number; time: string; action: string; object: string; username: string | null; link: string | null; address: string | null; reason: string | null;
}
/** How one may sign in here. */
export interface Sources { provider: { name: string; address: string } | null; directory: boolean; reset_by_mail: boolean; password_min_length: number }
/** A browser in which somebody is signed in. */
export interface LoginSession { id: number; created_at?: string | null; used_at?: string | null; address: string; browser: string; sudo_experimenter_id: number | null; is_current: boolean }

export interface TreeItem { id: number; name: string; owner_id?: number; child_count?: number }
export interface Tree { projects: TreeItem[]; datasets: TreeItem[]; screens: TreeItem[]; plates: TreeItem[]; orphaned_images: number }

/** Fields of the entities come from the server's own description; `Always` are those its answers never leave out. */
type Schema = components["schemas"];
type Entity<S, Always extends keyof S> = Omit<S, Always> & { [K in Always]-?: NonNullable<S[K]> };

/** What `include=` adds. */
interface Included { owner?: Person; permissions?: Permissions; child_count?: number; containers?: { type: string; id: number; name: string }[] }

type Place = Entity<Schema["Dataset"], "id" | "name" | "version">;
export type Container = Place & Included & Partial<Pick<Schema["Plate"], "rows" | "columns">>;
export type Pixels = Entity<Schema["Pixels"], "id" | "size_x" | "size_y" | "size_z" | "size_c" | "size_t" | "pixels_type">;
export type ChannelInfo = Entity<Schema["Channel"], "channel_index"> &
  Partial<Pick<Schema["LogicalChannel"], "name" | "fluor" | "emission_wave" | "excitation_wave">> &
  Partial<Pick<Schema["StatsInfo"], "global_min" | "global_max">>;
export interface ImageItem { id: number; name: string }
export type ImageDetail = Entity<Schema["Image"], "id" | "name" | "version"> &
  Included & { pixels?: Pixels | null; channels?: ChannelInfo[]; instrument?: Instrument | null; custody?: Custody | null; objective_settings?: Schema["ObjectiveSettings"] | null };
/** When the files of an image were last verified, and what was wrong with them. */
export interface Custody { checked_at: string | null; outcome: string | null; reasons: string[] }
type Part<K extends "Objective" | "Detector" | "Filter" | "Dichroic" | "FilterSet"> = Schema[K] & { id: number };
export type LightSource = Schema["LightSource"] & { id: number; type: string };
export type Filter = Part<"Filter">;
export type Instrument = Schema["Instrument"] & {
  microscope?: Schema["Microscope"] | null; objectives: Part<"Objective">[]; detectors: Part<"Detector">[]; light_sources: LightSource[];
  filters: Filter[]; dichroics: Part<"Dichroic">[]; filter_sets: (Part<"FilterSet"> & FilterIds)[];
};
interface FilterIds { excitation_filter_ids: number[]; emission_filter_ids: number[] }
/** How a channel was set: what its parts are is told with the instrument. */
export type ChannelAcquisition = Partial<Pick<Schema["LogicalChannel"], "pin_hole_size" | "pin_hole_size_unit" | "nd_filter" | "filter_set_id">> & {
  channel_index: number; exposure_time: number | null; exposure_time_unit: string | null;
  detector_settings: Schema["DetectorSettings"] | null; light_settings: Schema["LightSettings"] | null; light_path: (Schema["LightPath"] & FilterIds) | null;
};
export interface Acquisition {
  imaging_environment: Schema["ImagingEnvironment"] | null; stage_label: Schema["StageLabel"] | null;
  experiment: (Schema["Experiment"] & { microbeam_manipulations: Schema["MicrobeamManipulation"][] }) | null;
  channels: ChannelAcquisition[]; plane_count: number;
}
export type AcquiredImage = ImageDetail & { acquisition: Acquisition };
/** What is known of planes, as arrays of one length; null where it is not known of one. */
export interface Planes { count: number; next: string | null; columns: Record<string, { unit: string | null; values: (number | null)[] }> }
export type WellSample = Pick<Schema["WellSample"], "image_id" | "field_index"> & { id: number };
export type Well = Entity<Schema["Well"], "id" | "row" | "column"> & { well_samples?: WellSample[] };

export type AnnotationType = "TagAnnotation" | "MapAnnotation" | "CommentAnnotation";
export type Annotation = Entity<Schema["Annotation"], "id" | "version"> & Included & { type: string };

export interface ChannelSettings {
  index: number; name: string; active: boolean; color: string; start: number; end: number; min: number; max: number; inverted: boolean;
}
export interface RenderingSettings { model: "color" | "greyscale"; default_z: number; default_t: number; channels: ChannelSettings[] }
export interface Histogram { min: number; max: number; counts: number[] }

export interface PathReason { path: string; reason: string; kind?: string; advice?: string }
export interface ImportResult {
  images: number[]; plates: number[]; skipped: PathReason[]; failed: PathReason[]; warnings: PathReason[];
  /** Images that were there already and were put where the import went. */
  linked: number[];
  not_reached: { path: string }[];
  /** In a list of jobs, how long the lists are, of which only the beginnings are there. */
  totals: Record<string, number>;
  /** Of a preview. */
  counts: Record<string, number>;
  /** Where an export can be fetched. */
  download: string;
}
export interface PreviewImage {
  image: number; name: string; x: number; y: number; z: number; c: number; t: number; pixels: string; channels: string[]; plate?: number; well?: string; field?: number;
}
export interface PreviewFileset {
  path: string; reader: string; files: number; file_names: string[]; bytes: number; image_count: number; images: PreviewImage[]; warnings: string[];
  plates: { name: string; wells: number; fields: number }[]; into: { kind: string; id: number | null; name: string }[]; known: number | null;
}
export interface ImportPreview {
  filesets: PreviewFileset[]; skipped: PathReason[]; failed: PathReason[]; warnings: PathReason[]; counts: Record<string, number>;
}
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";
export interface Job {
  id: number; kind: string; state: JobState; progress?: number | null; message?: string | null;
  result?: Partial<ImportResult> | null; error?: string | { detail?: string; title?: string } | null; created_at?: string;
}
export interface UploadFile { path: string; size: number; received: number }
export interface Upload { id: number; files: UploadFile[] }
export interface SearchHit { type: string; id: number; name: string; description?: string | null }
export interface Token { id: number; name: string; scope: string; expires_at?: string | null; created_at?: string; used_at?: string | null; token?: string }
