/** What the HTTP interface answers, as far as this application reads it (docs/reference/http.md). */
export type ContainerType = "project" | "dataset" | "screen" | "plate";
export type ObjectType = ContainerType | "image";
export interface ObjectRef { type: ObjectType; id: number }

export interface Page<T> { items: T[]; next: string | null }
export interface Permissions { annotate: boolean; edit: boolean; delete: boolean; link: boolean }
export interface Person { id: number; username: string; first_name: string; last_name: string; email?: string | null; is_admin?: boolean }
export interface Group { id: number; name: string; level: string; is_owner: boolean }
export interface Session { user: Person; groups: Group[]; group_id: number; csrf_token: string }

export interface TreeItem { id: number; name: string; owner_id?: number; child_count?: number }
export interface Tree { projects: TreeItem[]; datasets: TreeItem[]; screens: TreeItem[]; plates: TreeItem[]; orphaned_images: number }

export interface Container {
  id: number; name: string; description?: string | null; version: number; child_count?: number; rows?: number | null; columns?: number | null;
  created_at?: string; owner?: Person; permissions?: Permissions;
}
export interface Pixels {
  size_x: number; size_y: number; size_z: number; size_c: number; size_t: number; samples?: number; pixels_type: string;
  significant_bits?: number | null;
  physical_size_x?: number | null; physical_size_x_unit?: string | null;
  physical_size_y?: number | null; physical_size_y_unit?: string | null;
  physical_size_z?: number | null; physical_size_z_unit?: string | null;
  time_increment?: number | null; time_increment_unit?: string | null;
}
export interface ChannelInfo {
  channel_index: number; name?: string | null; color?: string | null; fluor?: string | null;
  emission_wave?: number | null; emission_wave_unit?: string | null; excitation_wave?: number | null; excitation_wave_unit?: string | null;
}
export interface ImageItem { id: number; name: string }
export interface ImageDetail extends ImageItem {
  description?: string | null; acquisition_date?: string | null; version: number; created_at?: string; owner_id?: number;
  fileset_id?: number | null; pixels?: Pixels | null; channels?: ChannelInfo[]; owner?: Person; permissions?: Permissions;
  containers?: { type: string; id: number; name: string }[];
}
export interface Well {
  id: number; row: number; column: number; well_samples?: { id: number; image_id: number | null; position?: number | null }[];
}

export type AnnotationType = "TagAnnotation" | "MapAnnotation" | "CommentAnnotation";
export interface Annotation {
  id: number; type: string; namespace?: string | null; text_value?: string | null; description?: string | null;
  map_value?: [string, string][] | null; version: number; owner_id?: number; owner?: Person; created_at?: string; permissions?: Permissions;
}

export interface ChannelSettings {
  index: number; name: string; active: boolean; color: string; start: number; end: number; min: number; max: number; inverted: boolean;
}
export interface RenderingSettings { model: "color" | "greyscale"; default_z: number; default_t: number; channels: ChannelSettings[] }
export interface Histogram { min: number; max: number; counts: number[] }

export interface ImportResult {
  images: number[]; skipped: { path: string; reason: string }[]; failed: { path: string; reason: string }[]; download?: string;
}
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";
export interface Job {
  id: number; kind: string; state: JobState; progress?: number | null; message?: string | null;
  result?: Partial<ImportResult> | null; error?: string | { detail?: string; title?: string } | null; created_at?: string;
}
export interface UploadFile { path: string; size: number; received: number }
export interface Upload { id: string; files: UploadFile[] }
export interface SearchHit { type: string; id: number; name: string; description?: string | null }
export interface Token { id: number; name: string; scope: string; expires_at?: string | null; created_at?: string; last_used_at?: string | null; token?: string }
