import { Badge, Checkbox } from "@mantine/core";
import { useState } from "react";
import type { PreviewFileset } from "../api/types";
import { Icon } from "../ui/icons";
import { formatBytes } from "../ui/units";
import { byFolder, describeImage, type Folder, nameIn, plural } from "./reviewing";
import classes from "./Review.module.css";

const STEP = 100;

interface Props { filesets: PreviewFileset[]; left: ReadonlySet<string>; onLeave: (paths: string[], isLeft: boolean) => void }

/** What becomes which image: folders, the filesets in them, and the images of each. */
export function ReviewTree({ filesets, left, onLeave }: Props) {
  const folders = byFolder(filesets);
  return (
    <ul className={classes.tree} aria-label="What would be imported">
      {folders.map((folder) => <FolderRow key={folder.path} folder={folder} left={left} onLeave={onLeave} />)}
    </ul>
  );
}

function FolderRow({ folder, left, onLeave }: { folder: Folder } & Pick<Props, "left" | "onLeave">) {
  const [shown, setShown] = useState(STEP);
  const paths = folder.filesets.map((fileset) => fileset.path);
  const out = paths.filter((path) => left.has(path)).length;
  const rows = folder.filesets.slice(0, shown).map((fileset) => <FilesetRow key={fileset.path} fileset={fileset} isLeft={left.has(fileset.path)} onLeave={onLeave} />);
  const more = folder.filesets.length > shown && (
    <li><button type="button" className={classes.more} onClick={() => setShown(shown + 10 * STEP)}>Show {plural(Math.min(10 * STEP, folder.filesets.length - shown), "more fileset")}</button></li>
  );
  if (!folder.path) return <>{rows}{more}</>;
  return (
    <li>
      <div className={classes.row}>
        <Checkbox size="xs" checked={out === 0} indeterminate={out > 0 && out < paths.length} aria-label={`Import the folder ${folder.path}`}
          onChange={(event) => onLeave(paths, !event.currentTarget.checked)} />
        <Icon name="project" />
        <strong className="truncate" title={folder.path}>{folder.path}</strong>
        <span className="muted">{plural(paths.length, "fileset")}</span>
      </div>
      <ul className={classes.inner}>{rows}{more}</ul>
    </li>
  );
}

function FilesetRow({ fileset, isLeft, onLeave }: { fileset: PreviewFileset; isLeft: boolean } & Pick<Props, "onLeave">) {
  const [isOpen, setOpen] = useState(false);
  const name = nameIn(fileset.path);
  const into = fileset.into.map((place) => place.name + (place.id === null ? " (new)" : "")).join(" / ");
  return (
    <li>
      <div className={classes.row} data-left={isLeft || undefined}>
        <Checkbox size="xs" checked={!isLeft} aria-label={`Import ${fileset.path}`} onChange={(event) => onLeave([fileset.path], !event.currentTarget.checked)} />
        <button type="button" className={classes.fold} aria-expanded={isOpen} aria-label={`What is in ${name}`} onClick={() => setOpen(!isOpen)}>
          <span style={{ transform: isOpen ? "rotate(90deg)" : undefined, display: "flex" }}><Icon name="chevron" size={12} /></span>
        </button>
        <Icon name={fileset.plates.length ? "plate" : "image"} />
        <span className={classes.name} title={fileset.path}>{name}</span>
        <Badge variant="light" color="gray" tt="none" fw={500} size="sm" style={{ flex: "none" }}>{fileset.reader}</Badge>
        <span className={classes.facts}>
          {fileset.known !== null && <span className={classes.known}>here already</span>}
          {fileset.warnings.length > 0 && <span title={fileset.warnings.join("\n")}><Icon name="warning" size={14} /></span>}
          <span className="muted">{plural(fileset.image_count, "image")}{fileset.files > 1 && `, ${plural(fileset.files, "file")}`}, {formatBytes(fileset.bytes)}</span>
          {into && <span className="truncate muted" title={into}>into {into}</span>}
        </span>
      </div>
      {isOpen && <FilesetDetails fileset={fileset} />}
    </li>
  );
}

function FilesetDetails({ fileset }: { fileset: PreviewFileset }) {
  const rest = fileset.image_count - fileset.images.length;
  const more = fileset.files - fileset.file_names.length;
  return (
    <div className={classes.details}>
      {fileset.plates.map((plate) => <p key={plate.name}>Plate {plate.name}: {plural(plate.wells, "well")}, {plural(plate.fields, "field")}</p>)}
      <ul>
        {fileset.images.map((image) => (
          <li key={image.image}>
            {image.well && <span className="muted">{image.well} · field {(image.field ?? 0) + 1} · </span>}
            {image.name} <span className="muted">{describeImage(image)}{image.channels.length > 0 && ` · ${image.channels.join(", ")}`}</span>
          </li>
        ))}
        {rest > 0 && <li className="muted">and {plural(rest, "more image")}</li>}
      </ul>
      {fileset.files > 1 && (
        <details>
          <summary className="muted">{plural(fileset.files, "file")} that belong together</summary>
          <ul>{fileset.file_names.map((name) => <li key={name}>{name}</li>)}{more > 0 && <li className="muted">and {more} more</li>}</ul>
        </details>
      )}
      {fileset.warnings.map((warning) => <p key={warning}><Icon name="warning" size={12} /> {warning}</p>)}
    </div>
  );
}
