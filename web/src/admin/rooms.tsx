import { Guarded } from "./AdminFrame";
import { ClassroomsPage } from "./classrooms/ClassroomsPage";
import { CustodyPage } from "./custody/CustodyPage";
import { DiskPage } from "./disk/DiskPage";
import { GroupPage } from "./groups/GroupPage";
import { GroupsPage } from "./groups/GroupsPage";
import { AllJobsPage } from "./jobs/AllJobsPage";
import { MessagesPage } from "./messages/MessagesPage";
import { PeoplePage } from "./people/PeoplePage";
import { PersonPage } from "./people/PersonPage";
import { PlacesPage } from "./places/PlacesPage";
import { LogsPage } from "./system/LogsPage";
import { SystemPage } from "./system/SystemPage";

export { AdminFrame, AdminStart } from "./AdminFrame";

export const PeopleRoom = () => <Guarded room="people"><PeoplePage /></Guarded>;
export const PersonRoom = () => <Guarded room="people"><PersonPage /></Guarded>;
export const GroupsRoom = () => <Guarded room="groups"><GroupsPage /></Guarded>;
export const GroupRoom = () => <Guarded room="groups"><GroupPage /></Guarded>;
export const JobsRoom = () => <Guarded room="jobs"><AllJobsPage /></Guarded>;
export const DiskRoom = () => <Guarded room="disk"><DiskPage /></Guarded>;
export const CustodyRoom = () => <Guarded room="custody"><CustodyPage /></Guarded>;
export const MessagesRoom = () => <Guarded room="messages"><MessagesPage /></Guarded>;
export const PlacesRoom = () => <Guarded room="places"><PlacesPage /></Guarded>;
export const ClassroomsRoom = () => <Guarded room="classrooms"><ClassroomsPage /></Guarded>;
export const SystemRoom = () => <Guarded room="settings"><SystemPage /></Guarded>;
export const LogsRoom = () => <Guarded room="logs"><LogsPage /></Guarded>;
