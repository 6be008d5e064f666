"""An OME-TIFF that says everything OME has words for, for readers, imports, exports and what links leave out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

#: Stands in every text of it that a person could have written.
TOLD = "Rosalind"

EVERYTHING = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
  <Experiment ID="Experiment:0" Type="Photobleaching"><Description>Bleached by {told}</Description>
    <MicrobeamManipulation ID="MicrobeamManipulation:0" Type="FRAP"><Description>A spot, by {told}</Description>
      <ExperimenterRef ID="Experimenter:0"/>
      <LightSourceSettings ID="LightSource:0" Attenuation="0.25" Wavelength="405"/></MicrobeamManipulation></Experiment>
  <Experimenter ID="Experimenter:0" FirstName="{told}" LastName="Franklin"/>
  <Instrument ID="Instrument:0">
    <Microscope Manufacturer="Zeiss" Model="LSM 880" Type="Inverted" SerialNumber="{told}1" LotNumber="{told}L"/>
    <Laser ID="LightSource:0" Manufacturer="Coherent" Model="OBIS" SerialNumber="{told}2" Type="SolidState" LaserMedium="NdYAG"
           Power="25" PowerUnit="mW" Wavelength="488" Pulse="CW" FrequencyMultiplication="2" Tuneable="false" PockelCell="true"
           RepetitionRate="80" RepetitionRateUnit="MHz"><Pump ID="LightSource:1"/></Laser>
    <Laser ID="LightSource:1" Type="Semiconductor" Wavelength="808"/>
    <Arc ID="LightSource:2" Type="Hg" Power="100" PowerUnit="W" Model="HBO"/>
    <Filament ID="LightSource:3" Type="Halogen"/>
    <LightEmittingDiode ID="LightSource:4" Model="Colibri"/>
    <GenericExcitationSource ID="LightSource:5" Model="Sun"><Map><M K="Sky">blue</M></Map></GenericExcitationSource>
    <Detector ID="Detector:0" Type="PMT" Model="PMT" Gain="1.5" Offset="0.1" Voltage="650" VoltageUnit="V" Zoom="2"
              AmplificationGain="3" SerialNumber="{told}3"/>
    <Detector ID="Detector:1" Type="PMT" Model="PMT" Gain="1.5" Offset="0.1" Voltage="650" VoltageUnit="V" Zoom="2"
              AmplificationGain="3" SerialNumber="{told}3"/>
    <Objective ID="Objective:0" Manufacturer="Zeiss" Model="Plan-Apochromat 63x/1.4 Oil" SerialNumber="{told}4" LensNA="1.4"
               NominalMagnification="63" CalibratedMagnification="62.9" Immersion="Oil" Correction="PlanApo" Iris="true"
               WorkingDistance="0.19" WorkingDistanceUnit="mm"/>
    <FilterSet ID="FilterSet:0" Model="38 HE" SerialNumber="{told}5"><ExcitationFilterRef ID="Filter:0"/>
      <DichroicRef ID="Dichroic:0"/><EmissionFilterRef ID="Filter:1"/></FilterSet>
    <Filter ID="Filter:0" Type="BandPass" Model="BP 470/40" FilterWheel="{told}W"><TransmittanceRange CutIn="450" CutOut="490"
      CutInTolerance="2" CutOutTolerance="3" Transmittance="0.9"/></Filter>
    <Filter ID="Filter:1" Type="LongPass" Model="LP 515"><TransmittanceRange CutIn="515"/></Filter>
    <Dichroic ID="Dichroic:0" Model="FT 495" SerialNumber="{told}6"/>
  </Instrument>
  <Image ID="Image:0" Name="everything">
    <AcquisitionDate>2024-03-17T10:00:00</AcquisitionDate>
    <ExperimenterRef ID="Experimenter:0"/><ExperimentRef ID="Experiment:0"/><InstrumentRef ID="Instrument:0"/>
    <ObjectiveSettings ID="Objective:0" RefractiveIndex="1.518" CorrectionCollar="0.17" Medium="Oil"/>
    <ImagingEnvironment Temperature="37" TemperatureUnit="°C" AirPressure="1013" AirPressureUnit="mbar" Humidity="0.6"
      CO2Percent="0.05"><Map><M K="Chamber">{told}</M></Map></ImagingEnvironment>
    <StageLabel Name="{told}" X="1.5" XUnit="mm" Y="2.5" YUnit="mm" Z="10" ZUnit="µm"/>
    <Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="20" SizeY="16" SizeZ="2" SizeC="2" SizeT="3"
            PhysicalSizeX="0.1" PhysicalSizeY="0.1">
      <Channel ID="Channel:0:0" SamplesPerPixel="1" Name="DAPI" Fluor="DAPI" ExcitationWavelength="405" EmissionWavelength="450"
        AcquisitionMode="LaserScanningConfocalMicroscopy" ContrastMethod="Fluorescence" IlluminationType="Epifluorescence"
        PinholeSize="50" PinholeSizeUnit="µm" NDFilter="0.5" PockelCellSetting="7">
        <LightSourceSettings ID="LightSource:0" Attenuation="0.75" Wavelength="405"/>
        <DetectorSettings ID="Detector:0" Offset="0.2" Gain="700" Voltage="600" VoltageUnit="V" ReadOutRate="10"
          ReadOutRateUnit="MHz" Binning="2x2" Integration="4" Zoom="1.5"/>
        <FilterSetRef ID="FilterSet:0"/>
        <LightPath><ExcitationFilterRef ID="Filter:0"/><DichroicRef ID="Dichroic:0"/><EmissionFilterRef ID="Filter:1"/></LightPath>
      </Channel>
      <Channel ID="Channel:0:1" SamplesPerPixel="1" Name="GFP">
        <LightSourceSettings ID="LightSource:4"/><DetectorSettings ID="Detector:1" Gain="1e300" Offset="INF"/></Channel>
      <TiffData IFD="0" PlaneCount="12"/>
      {planes}
    </Pixels></Image>
</OME>"""
#: Seconds from one time to the next, and of an exposure of each channel in milliseconds.
STEP_S, EXPOSURES_MS = 2.5, (20.0, 150.0)


def planes_xml() -> str:
    """Planes of 3 times, 2 slices and 2 channels; the last one says nonsense."""
    told = []
    for t in range(3):
        for z in range(2):
            for c in range(2):
                at = f'TheT="{t}" TheC="{c}" TheZ="{z}" PositionX="{1000 + t}" PositionXUnit="µm" PositionY="-5.5"'
                times = f'DeltaT="{t * STEP_S + z / 4 + c / 8}" ExposureTime="{EXPOSURES_MS[c]}" ExposureTimeUnit="ms"'
                if (t, z, c) == (2, 1, 1):
                    times = 'DeltaT="NaN" ExposureTime="-1" ExposureTimeUnit="ms" PositionZ="1e300"'
                told.append(f"<Plane {at} {times}/>")
    return "".join(told)


def write_everything(path: Path) -> Path:
    """The file at ``path``, which ends in ``.ome.tif``: 3 times, 2 channels, 2 slices of 16 x 20 pixels."""
    import tifffile

    pixels = np.arange(12 * 16 * 20, dtype=np.uint16).reshape(12, 16, 20)
    xml = EVERYTHING.format(told=TOLD, planes=planes_xml())
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, photometric="minisblack", contiguous=False, metadata=None, description=xml.encode())
    return path
