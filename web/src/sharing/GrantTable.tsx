import { ActionIcon, Badge, Table, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { http } from "../api/http";
import type { Grant } from "../api/types";
import { Icon } from "../ui/icons";
import { sayError } from "../ui/toasts";
import { formatDate } from "../ui/units";
import { stateOf, termsOf } from "./grants";

/** Links and publications with how they were used; each can be ended. */
export function GrantTable({ grants, hasObjects = false }: { grants: Grant[]; hasObjects?: boolean }) {
  const client = useQueryClient();
  const end = (grant: Grant) =>
    void http.delete(`/grants/${grant.id}`).catch(sayError).then(() => client.invalidateQueries({ queryKey: ["grants"] }));
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          {hasObjects && <Table.Th>Object</Table.Th>}
          <Table.Th>Name</Table.Th><Table.Th>Kind</Table.Th><Table.Th>State</Table.Th><Table.Th>Until</Table.Th><Table.Th ta="right">Visits</Table.Th><Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {grants.map((grant) => {
          const state = stateOf(grant, Date.now());
          const until = state === "waiting" ? `from ${formatDate(grant.opens_at)}` : grant.expires_at ? formatDate(grant.expires_at) : "no end";
          return (
            <Table.Tr key={grant.id}>
              {hasObjects && <Table.Td>{grant.object.includes(":") ? <Link to={`/${grant.object.replace(":", "s/")}`}>{grant.object}</Link> : `search: ${grant.query ?? ""}`}</Table.Td>}
              <Table.Td>{grant.name || <span className="muted">no name</span>}</Table.Td>
              <Table.Td>{termsOf(grant)}</Table.Td>
              <Table.Td><Badge variant="light" size="sm" tt="none" style={{ overflow: "visible" }} color={state === "open" ? "accent" : "gray"}>{state}</Badge></Table.Td>
              <Table.Td>{state === "withdrawn" ? "" : until}</Table.Td>
              <Table.Td ta="right">
                <Tooltip label={grant.last_used_at ? `Last on ${formatDate(grant.last_used_at)}` : "Never opened"}><span>{grant.use_count}</span></Tooltip>
              </Table.Td>
              <Table.Td ta="right">
                {!grant.revoked_at && <ActionIcon aria-label={`End ${grant.name || grant.object}`} onClick={() => end(grant)}><Icon name="trash" /></ActionIcon>}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
