# SPDX-License-Identifier: Apache-2.0
"""The inference component that a request adds to its blueprint when that is packaged.

CloudFormation knows `AWS::SageMaker::InferenceComponent` in some Regions only, and refuses a template that names an
unknown type, whatever its conditions say: the release's blueprint is without it. What else an endpoint with a component
has, and has not, stands in the blueprint, under the condition `HasComponent`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-inferencecomponent.html
"""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
  InferenceComponent:
    Type: AWS::SageMaker::InferenceComponent
    Condition: HasComponent
    Properties:
      InferenceComponentName: !GetAtt MLOpsSagemakerEndpoint.EndpointName
      EndpointName: !GetAtt MLOpsSagemakerEndpoint.EndpointName
      VariantName: AllTraffic
      Specification:
        ModelName: !GetAtt MLOpsSagemakerModel.ModelName
        StartupParameters:
          ModelDataDownloadTimeoutInSeconds: !If
          - ModelDataDownloadTimeoutProvided
          - !Ref ModelDataDownloadTimeout
          - !Ref AWS::NoValue
          ContainerStartupHealthCheckTimeoutInSeconds: !If
          - ContainerStartupTimeoutProvided
          - !Ref ContainerStartupTimeout
          - !Ref AWS::NoValue
        ComputeResourceRequirements:
          MinMemoryRequiredInMb: !Select [2, !Split [',', !Ref Components]]
          NumberOfCpuCoresRequired: !If [CoresGiven, !Select [4, !Split [',', !Ref Components]], !Ref 'AWS::NoValue']
          NumberOfAcceleratorDevicesRequired: !If
          - AcceleratorsGiven
          - !Select [5, !Split [',', !Ref Components]]
          - !Ref AWS::NoValue
      RuntimeConfig: {CopyCount: !Select [3, !Split [',', !Ref Components]]}
"""
"""`Components` has what `ManagedInstances.as_parameter` says. The component has the endpoint's name."""
_CONDITIONS: Final = """\
  CoresGiven: !Not [!Equals [!Select [4, !Split [',', !Ref Components]], '']]
  AcceleratorsGiven: !Not [!Equals [!Select [5, !Split [',', !Ref Components]], '']]
"""
_NETWORK: Final = """\
      VpcConfig: !If
      - HasComponent
      - !If
        - InVpc
        - {SecurityGroupIds: !Split [',', !Ref SecurityGroupIds], Subnets: !Split [',', !Ref Subnets]}
        - !Ref AWS::NoValue
      - !Ref AWS::NoValue
      EnableNetworkIsolation: !If
      - HasComponent
      - !If [NetworkIsolationIsTrue, true, !Ref 'AWS::NoValue']
      - !Ref AWS::NoValue
"""
"""Of the configuration, as of the model: containers of components run in the endpoint's network."""

_TARGET: Final = "  ScalableTarget:\n    Type: AWS::ApplicationAutoScaling::ScalableTarget\n"
_CONFIG: Final = "    Type: AWS::SageMaker::EndpointConfig\n    Properties:\n"
_SCALED: Final = "inference-component/${MLOpsSagemakerEndpoint.EndpointName}"
_TESTED: Final = "      Served: ["
_PLACES: Final = {
    "\nConditions:\n": f"\nConditions:\n{_CONDITIONS}",
    _CONFIG: _CONFIG + _NETWORK,
    _TARGET: _TEXT + _TARGET,
    # Scaled, and tested, is what is there: a DependsOn would name a resource that a stage may be without.
    f"- !Sub {_SCALED}": f"- !Select [0, [!Sub '{_SCALED}', !Ref InferenceComponent]]",
    # A new model leaves the configuration as it is, and is tested nevertheless.
    _TESTED: f"{_TESTED}!GetAtt MLOpsSagemakerModel.ModelName, !If [HasComponent, !Ref InferenceComponent, ''], ",
}
"""What the blueprint has once -> what it becomes."""


def added(text: str) -> str:
    """Return the blueprint's text with the component. Raise `ValueError` for one without the places for it."""
    for place, with_it in _PLACES.items():
        if text.count(place) != 1:
            raise ValueError(f"the blueprint has no single {place.strip()}")
        text = text.replace(place, with_it)
    return text
